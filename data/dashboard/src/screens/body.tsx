export function Body() {
  return <h1>Body</h1>;
}

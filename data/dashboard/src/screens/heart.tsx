export function Heart() {
  return <h1>Heart</h1>;
}

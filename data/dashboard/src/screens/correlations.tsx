export function Correlations() {
  return <h1>Correlations</h1>;
}

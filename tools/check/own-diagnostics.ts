/** What tsc printed with `--pretty false`, parted by whether an installed package is where the error is. */
export function ownDiagnostics(output: string): { own: string[]; others: string[] } {
  // The lines that go on with a diagnostic are indented.
  const diagnostics = output.split(/\r?\n(?!\s)/).filter((diagnostic) => diagnostic.trim() !== '');
  const isOther = (diagnostic: string) => /^([^(\n]*\/)?node_modules\//.test(diagnostic);
  return {
    own: diagnostics.filter((diagnostic) => !isOther(diagnostic)),
    others: diagnostics.filter(isOther),
  };
}

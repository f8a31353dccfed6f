// Prints what html-validate and caniemail find in the mails that are named, and ends with 1 where they find something.
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { caniemail } from "caniemail";
import { HtmlValidate } from "html-validate";

// Those that most people read mail with.
const clients = ["apple-mail.*", "gmail.*", "outlook.*", "yahoo.*"];
// Where a mail program drops one of these, the mail looks plainer and reads the same.
const dispensable = new Set([
  ":first-child", ":last-child", "<bdi> element", "<body> element", "<style> element", "@media", "border-radius",
  "Child combinator", "Class selector", "color-scheme CSS property", "color-scheme meta tag", "display:none",
  "max-height property", "overflow", "overflow-wrap", "role attribute",
  "system-ui, ui-serif, ui-sans-serif, ui-rounded, ui-monospace", "Type selector",
]);

const validator = new HtmlValidate({
  root: true,
  extends: ["html-validate:standard", "html-validate:a11y"],
  // Some mail programs drop <main> and its like with what is in them.
  rules: { "prefer-native-element": "off" },
});
let found = 0;
for (const file of process.argv.slice(2)) {
  const say = (what) => { found += 1; console.log(`${basename(file)}: ${what}`); };
  const html = readFileSync(file, "utf8");
  const { results } = await validator.validateString(html);
  for (const { line, message } of results.flatMap((it) => it.messages)) say(`line ${line}: ${message}`);
  const titles = [...caniemail({ clients, html }).issues.errors.values()].flat().map((it) => it.title);
  for (const title of new Set(titles)) if (!dispensable.has(title)) say(`not every mail program has ${title}`);
}
process.exitCode = found ? 1 : 0;

// Judges instances by a second JSON Schema implementation, many at once, for the Python tests.
//
// stdin:  {"documents": [schema], "ask": [{"id": schema id, "instances": [any]}], "vocabulary": [our own keywords],
//          "strict": whether ajv is as strict as it can be, without any vocabulary}
// stdout: {"verdicts": [[bool]], "log": [string]}
import Ajv2020 from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { stdin, stdout } from "node:process";
import { json } from "node:stream/consumers";

const { documents, ask, vocabulary, strict } = await json(stdin);
const log = [];
const note = (...words) => log.push(words.join(" "));
const ajv = new Ajv2020({
  strict: true,
  // A rule need not repeat the types that the fields state.
  strictTypes: strict,
  // A rule about a few fields names required ones that it does not describe.
  strictRequired: strict,
  logger: { log: note, warn: note, error: note },
});
if (!strict) {
  addFormats(ajv);
  ajv.addVocabulary(vocabulary);
}
for (const document of documents) ajv.addSchema(document);
const verdicts = ask.map(({ id, instances }) => {
  const validate = ajv.getSchema(id);
  return instances.map((instance) => validate(instance));
});
stdout.write(JSON.stringify({ verdicts, log }));

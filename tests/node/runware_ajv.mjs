// Compiles Runware's published schemas as its TypeScript SDK does, each of them twice, and judges tasks with them.
import Ajv from "ajv/dist/2019.js";

const chunks = [];
for await (const chunk of process.stdin) chunks.push(chunk);
const { schemas, cases } = JSON.parse(Buffer.concat(chunks));
const ajv = new Ajv({ allErrors: true, strict: false, validateFormats: false });
const copy = (schema) => JSON.parse(JSON.stringify(schema));
for (const schema of Object.values(schemas)) ajv.compile(copy(schema));
const validators = Object.fromEntries(
  Object.entries(schemas).map(([model, schema]) => [model, ajv.compile(copy(schema))]),
);
process.stdout.write(JSON.stringify(cases.map(([model, task]) => validators[model](task))));

// API: the control API's own OpenAPI document, to read and to try.

import { ask, get } from "./api.js";
import { button, code, fill, form, h, label, pick, remark, state, sure, table } from "./dom.js";

export const name = "api";
export const title = "API";

const MOST_SHOWN = 100_000;
const METHODS = ["get", "post", "put", "delete"];

export async function mount(root) {
  const told = await get("/openapi.json");
  // What a "$ref" within the document is.
  const of = (one) => (one?.$ref ? { ...of(one.$ref.slice(2).split("/").reduce((at, part) => at[part.replaceAll("~1", "/").replaceAll("~0", "~")], told)), ...one, $ref: undefined } : one ?? {});
  const operations = Object.entries(told.paths).flatMap(([path, methods]) => METHODS.filter((method) => methods[method]).map((method) => ({ path, method: method.toUpperCase(), ...methods[method] })));
  const find = h("input", { type: "search", placeholder: "clock, budget, …", oninput: () => filter() });
  const groups = told.tags.map((tag) => {
    const cards = operations.filter((one) => one.tags.includes(tag.name)).map((one) => card(one, of));
    return { cards, element: h("section", {}, h("h2", {}, tag.name), remark(tag.description), cards) };
  });
  function filter() {
    const wanted = find.value.trim().toLowerCase();
    for (const { cards, element } of groups) {
      for (const one of cards) one.hidden = !one.dataset.words.includes(wanted);
      element.hidden = cards.every((one) => one.hidden);
    }
  }
  fill(root, h("h1", {}, "API"), h("p", {}, told.info.description),
    form({ class: "filters" }, label("Find", find)),
    groups.map((group) => group.element));
}

function card(operation, of) {
  const { path, method, summary, operationId } = operation;
  const inside = h("div");
  return h("details", { class: "card", "data-words": `${method} ${path} ${summary} ${operationId}`.toLowerCase(), ontoggle: () => {
    if (!inside.firstChild) fill(inside, trial(operation, of));
  } }, h("summary", {}, h("span", { class: `method ${method}` }, method), code(path), h("span", {}, summary)), inside);
}

function trial({ path, method, parameters = [], requestBody, responses }, of) {
  const fields = parameters.map(of).map((one) => ({ ...one, input: field(one.schema) }));
  const success = Object.entries(responses).find(([status]) => status.startsWith("2"))[1];
  const kinds = Object.keys(of(success).content ?? {});
  const schema = requestBody && of(of(requestBody).content["application/json"].schema);
  const body = schema && h("textarea", { spellcheck: "false", class: "body", value: JSON.stringify(example(schema, of), null, 2) });
  const answer = h("div", { role: "status" });
  async function send() {
    const query = new URLSearchParams(fields.filter((one) => one.in === "query" && one.input.value !== "").map((one) => [one.name, one.input.value]));
    const place = fields.filter((one) => one.in === "path").reduce((at, one) => at.replace(`{${one.name}}`, encodeURIComponent(one.input.value)), path);
    let given;
    try {
      given = body ? JSON.parse(body.value) : undefined;
    } catch (error) {
      fill(answer, h("p", { class: "warning" }, `The body is not JSON: ${error.message}`));
      return;
    }
    const to = `${place}${query.size > 0 ? `?${query}` : ""}`;
    try {
      const got = await ask(to, { method, body: given, raw: true });
      await show(got.status, `${method} /_vidmock${to}`, got);
    } catch (error) {
      if (!error.status) throw error;
      fill(answer, line(error.status, `${method} /_vidmock${to}`), h("pre", { tabindex: 0, "aria-label": "Answer" }, error.said));
    }
  }
  async function show(status, asked, got) {
    const type = got.headers.get("content-type") ?? "";
    let text = "";
    if (/json|text|xml|pem|javascript/.test(type)) {
      text = await got.text();
      if (type.startsWith("application/json")) text = JSON.stringify(JSON.parse(text), null, 2);
    } else text = `${(await got.blob()).size} bytes of ${type || "nothing"}`;
    const more = text.length > MOST_SHOWN ? `\n… and ${text.length - MOST_SHOWN} characters more` : "";
    fill(answer, line(status, asked), h("pre", { tabindex: 0, "aria-label": "Answer" }, text.slice(0, MOST_SHOWN) + more));
  }
  const properties = Object.entries(schema?.properties ?? {}).map(([word, one]) => [code(word), typeOf(of(one), of), schema.required?.includes(word) ? "yes" : "", of(one).description ?? ""]);
  return form({},
    fields.length > 0 && table(`Parameters of ${method} ${path}`, ["Name", "In", "Value", "Meaning"], fields.map((one) => [
      code(one.name), one.in, named(one.input, one.name), [one.required && "Required. ", one.description ?? ""]])),
    properties.length > 0 && table(`Body of ${method} ${path}`, ["Name", "Type", "Required", "Meaning"], properties),
    body && label("Body", body),
    kinds.includes("text/event-stream") ? remark("A stream without an end: what it tells is on the other views as it happens.")
      : h("div", { class: "actions" }, method === "DELETE" ? sure("Send", send) : button("Send", send, { class: "main", type: "submit" })),
    answer);
}

const line = (status, asked) => h("p", {}, state(status < 400 ? "succeeded" : "failed", status), " ", code(asked));

function named(input, label) {
  input.setAttribute("aria-label", label);
  return input;
}

function field(schema = {}) {
  const choices = schema.enum?.filter((one) => one !== "");
  return choices ? pick(["", ...choices]) : h("input", { placeholder: [schema.type].flat().join(" or ") });
}

function typeOf(schema, of) {
  if (schema.enum) return schema.enum.length > 12 ? `one of ${schema.enum.length} words` : schema.enum.join(" | ");
  const several = schema.anyOf ?? schema.oneOf;
  if (several) return several.map((one) => typeOf(of(one), of)).join(" or ");
  if (schema.type === "array") return `array of ${typeOf(of(schema.items), of)}`;
  return [schema.type ?? "anything"].flat().join(" or ");
}

// A body to begin with: the members that must be there; where none must, the first.
function example(schema, of) {
  if (schema.examples) return schema.examples[0];
  const members = Object.entries(schema.properties ?? {});
  const wanted = schema.required ?? schema.oneOf?.[0].required ?? members.slice(0, 1).map(([word]) => word);
  return Object.fromEntries(members.filter(([word]) => wanted.includes(word)).map(([word, one]) => [word, sample(of(one), of)]));
}

function sample(schema, of) {
  if (schema.examples) return schema.examples[0];
  if (schema.enum) return schema.enum[0];
  const [one] = schema.anyOf ?? schema.oneOf ?? [];
  if (one) return sample(of(one), of);
  return { string: "", integer: schema.minimum ?? 0, number: schema.minimum ?? 0, boolean: false, array: [] }[[schema.type].flat()[0]] ?? {};
}

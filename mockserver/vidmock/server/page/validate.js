// Validate: what is wrong with a request, what it costs, what the provider would answer, and the edit that makes it valid.

import { get, post } from "./api.js";
import { button, code, copy, fill, form, h, label, option, pick, remark, state, table } from "./dom.js";
import { NAMES, money, numeric } from "./words.js";

export const name = "validate";
export const title = "Validate";

const FACTS = ["seconds", "width", "height", "bytes", "format"];
const MOST_FILES = 20;

const pretty = (value) => JSON.stringify(value, null, 2);

export async function mount(root) {
  const { models } = await get("/models");
  const provider = pick([...new Set(models.map((model) => model.provider))].map((one) => [one, NAMES[one] ?? one]), { onchange: () => list() });
  const model = h("select", { onchange: () => told() });
  const docs = remark();
  const text = h("textarea", { spellcheck: "false", value: pretty({ prompt: "a red kite over dunes" }), oninput: () => listFiles() });
  const files = h("div");
  // The fields for what is known of each file that the request names, by URL and fact.
  let known = new Map();
  const said = h("div", { class: "said", role: "region", "aria-label": "Verdict", "aria-live": "polite" });

  function list() {
    fill(model, models.filter((one) => one.provider === provider.value).map((one) => option(one.id, `${one.id}: ${one.name}`)));
    told();
  }
  function told() {
    const one = models.find((each) => each.provider === provider.value && each.id === model.value);
    fill(docs, one?.docs && ["Its page: ", code(one.docs)]);
  }

  function listFiles() {
    let named;
    try {
      named = filesOf(JSON.parse(text.value)).slice(0, MOST_FILES);
    } catch {
      return;
    }
    const field = (url, fact) => h("input", { size: 6, "aria-label": `${fact} of ${url}` });
    known = new Map(named.map((url) => [url, known.get(url) ?? FACTS.map((fact) => field(url, fact))]));
    fill(files, named.length > 0 && table("What you know of the files that it names: nothing is fetched", ["File", ...FACTS], named.map((url) => [code(url), ...known.get(url)])));
  }
  function media() {
    const told = [...known].map(([url, fields]) => [url, Object.fromEntries(fields.map((one, at) => [FACTS[at], numeric(one.value)]).filter(([, value]) => value !== ""))]);
    return Object.fromEntries(told.filter(([, facts]) => Object.keys(facts).length > 0));
  }

  async function judge() {
    let input;
    try {
      input = JSON.parse(text.value);
    } catch (error) {
      fill(said, h("p", { class: "warning" }, `This is not JSON: ${error.message}`));
      return;
    }
    const told = media();
    show(await post("/validate", { provider: provider.value, model: model.value, input, answer: true, ...(Object.keys(told).length > 0 && { media: told }) }));
  }

  function show({ violations, lints, price, suggestion, answer }) {
    const found = (caption, entries) => entries.length > 0 && table(caption, ["Where", "What", "Rule", "Evidence"],
      entries.map((one) => [code(one.where), one.message, code(one.rule), `${one.evidence}${one.source ? `: ${one.source}` : ""}`]));
    fill(said,
      h("p", {}, violations.length > 0 ? state("failed", "not valid") : state("succeeded", "valid"),
        price && [" ", h("strong", {}, money(price.amount)), " ", h("span", { class: "left" }, `${price.how} (${[price.evidence, ...price.inferred].join("; ")})`)]),
      found("What is wrong", violations), found("What is odd", lints),
      suggestion && [h("h2", {}, "A valid one"), h("p", {}, suggestion.sentence),
        h("div", { class: "two" }, h("pre", { tabindex: 0, "aria-label": "JSON Patch" }, pretty(suggestion.patch)), h("pre", { tabindex: 0, "aria-label": "Valid request" }, pretty(suggestion.input))),
        h("div", { class: "actions" }, button("Use the valid one", async () => {
          text.value = pretty(suggestion.input);
          listFiles();
          await judge();
        }), copy("Copy the patch", () => pretty(suggestion.patch)))],
      h("h2", {}, "What the provider would answer"), reply("To the submission", answer), answer.later && reply("To a poll, at the job's end", answer.later));
  }

  fill(root, h("h1", {}, "Validate"), form({},
    h("div", { class: "group" }, label("Provider", provider), label("Model", model)), docs,
    label("Request, with the provider's envelope or without", text), files,
    h("div", { class: "actions" }, button("Validate", judge, { class: "main", type: "submit" }), h("span", { class: "left" }, "Nothing is submitted or charged."))), said);
  list();
}

// The addresses of files in a request, without those of webhooks.
function filesOf(value, key = "") {
  if (typeof value === "string") return /^https?:\/\/\S+$/.test(value) && !/webhook/i.test(key) ? [value] : [];
  if (value === null || typeof value !== "object") return [];
  return [...new Set(Object.entries(value).flatMap(([name, one]) => filesOf(one, Array.isArray(value) ? key : name)))];
}

function reply(caption, { status, headers, body }) {
  let shown = body;
  try { shown = pretty(JSON.parse(body)); } catch { /* It is shown as it is. */ }
  return h("details", { class: "card", open: true }, h("summary", {}, state(status < 400 ? "succeeded" : "failed", status), caption),
    h("dl", { class: "headers" }, Object.entries(headers).map(([key, value]) => [h("dt", {}, key), h("dd", {}, code(value))])),
    h("pre", { tabindex: 0, "aria-label": `${caption}: body` }, shown));
}

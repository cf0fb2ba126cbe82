// Validate: what is wrong with a request, what it costs, what the provider would answer, and the edit that makes it valid.

import { get, post } from "./api.js";
import { button, copy, fill, h, table } from "./dom.js";
import { NAMES, money } from "./words.js";

export const name = "validate";
export const title = "Validate";

const pretty = (value) => JSON.stringify(value, null, 2);

export async function mount(root) {
  const { models } = await get("/models");
  const provider = h("select", { onchange: () => list() }, [...new Set(models.map((model) => model.provider))].map((one) => h("option", { value: one }, NAMES[one] ?? one)));
  const model = h("select", { onchange: () => told() });
  const docs = h("p", { class: "left" });
  const text = h("textarea", { spellcheck: "false", value: pretty({ prompt: "a red kite over dunes" }) });
  const said = h("div", { class: "said", role: "region", "aria-label": "Verdict", "aria-live": "polite" });

  function list() {
    fill(model, models.filter((one) => one.provider === provider.value).map((one) => h("option", { value: one.id }, `${one.id}: ${one.name}`)));
    told();
  }
  function told() {
    const one = models.find((each) => each.provider === provider.value && each.id === model.value);
    fill(docs, one?.docs && ["Its page: ", h("code", {}, one.docs)]);
  }

  async function judge() {
    let input;
    try {
      input = JSON.parse(text.value);
    } catch (error) {
      fill(said, h("p", { class: "warning" }, `This is not JSON: ${error.message}`));
      return;
    }
    show(await post("/validate", { provider: provider.value, model: model.value, input, answer: true }));
  }

  function show({ violations, lints, price, suggestion, answer }) {
    const found = (caption, entries) => entries.length > 0 && table(caption, ["Where", "What", "Rule", "Evidence"],
      entries.map((one) => [h("code", {}, one.where), one.message, h("code", {}, one.rule), `${one.evidence}${one.source ? `: ${one.source}` : ""}`]));
    fill(said,
      h("p", {}, h("span", { class: "state", "data-state": violations.length > 0 ? "failed" : "succeeded" }, violations.length > 0 ? "not valid" : "valid"),
        price && [" ", h("strong", {}, money(price.amount)), " ", h("span", { class: "left" }, `${price.how} (${[price.evidence, ...price.inferred].join("; ")})`)]),
      found("What is wrong", violations), found("What is odd", lints),
      suggestion && [h("h2", {}, "A valid one"), h("p", {}, suggestion.sentence),
        h("div", { class: "two" }, h("pre", { tabindex: 0, "aria-label": "JSON Patch" }, pretty(suggestion.patch)), h("pre", { tabindex: 0, "aria-label": "Valid request" }, pretty(suggestion.input))),
        h("div", { class: "actions" }, button("Use the valid one", async () => {
          text.value = pretty(suggestion.input);
          await judge();
        }), copy("Copy the patch", () => pretty(suggestion.patch)))],
      h("h2", {}, "What the provider would answer"), reply("To the submission", answer), answer.later && reply("To a poll, at the job's end", answer.later));
  }

  fill(root, h("h1", {}, "Validate"), h("form", { onsubmit: (event) => event.preventDefault() },
    h("div", { class: "group" }, h("label", {}, "Provider", provider), h("label", {}, "Model", model)), docs,
    h("label", {}, "Request, with the provider's envelope or without", text),
    h("div", { class: "actions" }, button("Validate", judge, { class: "main", type: "submit" }), h("span", { class: "left" }, "Nothing is submitted or charged."))), said);
  list();
}

function reply(caption, { status, headers, body }) {
  let shown = body;
  try { shown = pretty(JSON.parse(body)); } catch { /* It is shown as it is. */ }
  const state = status < 400 ? "succeeded" : "failed";
  return h("details", { class: "card", open: true }, h("summary", {}, h("span", { class: "state", "data-state": state }, status), caption),
    h("dl", { class: "headers" }, Object.entries(headers).map(([key, value]) => [h("dt", {}, key), h("dd", {}, h("code", {}, value))])),
    h("pre", { tabindex: 0, "aria-label": `${caption}: body` }, shown));
}

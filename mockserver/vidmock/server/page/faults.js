// Faults: every effect as a form, the rules that there are with what they have struck, and scenarios.

import { get, post, remove } from "./api.js";
import { button, code, empty, fill, form, h, label, note, option, pick, remark, soon, sure, table } from "./dom.js";
import { NAMES, nameOf, numeric, query } from "./words.js";

export const name = "faults";
export const title = "Faults";

const AT_ONCE = 200;
const KINDS = {
  problem: "The provider's refusals", outcome: "How jobs end", answer: "Answers and connections", body: "Bodies of answers", webhook: "Webhooks", media: "Files",
};
const AIM = ["operation", "job", "prompt"];

export async function mount(root, context) {
  const [{ effects, operations }, { scenarios }, { models }, { worlds }] = await Promise.all([get("/effects"), get("/scenarios"), get("/models"), get("/worlds?limit=200")]);
  const known = new Map(effects.map((effect) => [effect.name, effect]));
  const key = h("input", { placeholder: "any" });
  const world = pick(worlds.reverse().map((one) => [one.id, nameOf(one)]));
  const whose = () => (context.world ? query(context.scope) : query(world.value ? { world: world.value } : { key: key.value.trim() || "any" }));

  const effect = h("select", { class: "effect", onchange: () => chosen() }, Object.entries(KINDS).map(([kind, words]) =>
    h("optgroup", { label: words }, effects.filter((one) => one.kind === kind).map((one) => option(one.name)))));
  const about = remark();
  const given = h("div", { class: "group" });
  const phase = h("select", { onchange: () => narrow() });
  const provider = pick([["", "any"], ...Object.entries(NAMES)], { onchange: () => narrow() });
  const model = h("input", { list: "models", placeholder: "any" });
  const aim = Object.fromEntries(AIM.map((member) => [member, h("input", { placeholder: "any" })]));
  aim.operation = h("select");
  aim.prompt.placeholder = "kite * dunes";
  const nth = h("input", { placeholder: "2 or 2, 4", size: 8 });
  const times = h("input", { placeholder: "always", size: 6, inputmode: "numeric" });
  const probability = h("input", { placeholder: "1", size: 6, inputmode: "decimal" });
  const id = h("input", { placeholder: "made here", size: 10 });
  let fields = [];

  function chosen() {
    const one = known.get(effect.value);
    about.textContent = one.about;
    fields = Object.entries(one.schemas).map(([word, schema]) => new Argument(word, schema, one.arguments[word]));
    fill(given, fields.map((field) => h("label", { title: field.schema.description }, word(field.name), field.input, field.list)));
    fill(phase, one.phases.map((each, at) => option(each, at === 0 ? `${each} (usual)` : each)));
    narrow();
  }

  // What can be aimed at depends on the phase, and where the effect can be seen on the provider.
  function narrow() {
    const places = known.get(effect.value).places;
    for (const each of provider.options) each.disabled = each.value !== "" && !(places[each.value] ?? []).includes(phase.value);
    if (provider.selectedOptions[0].disabled) provider.value = "";
    fill(offered, models.filter((one) => !provider.value || one.provider === provider.value).map((one) => option(one.id, one.name)));
    fill(aim.operation, option("", "any"), (operations[phase.value] ?? []).map((each) => option(each)));
  }
  const offered = h("datalist", { id: "models" });

  async function add() {
    const rule = { effect: effect.value, phase: phase.value };
    const values = Object.fromEntries(fields.filter((field) => field.given).map((field) => [field.name, field.value]));
    if (Object.keys(values).length > 0) rule.arguments = values;
    const members = { provider, model, ...aim, id };
    for (const [member, input] of Object.entries(members)) if (input.value.trim()) rule[member] = input.value.trim();
    const counted = nth.value.split(",").map((text) => text.trim()).filter(Boolean).map(numeric);
    if (counted.length > 0) rule.nth = counted;
    if (times.value.trim()) rule.times = numeric(times.value);
    if (probability.value.trim()) rule.probability = numeric(probability.value);
    // A handshake has no key: its faults are in the world of calls without one.
    const made = await post(`/faults${rule.phase === "connect" ? "" : whose()}`, rule);
    note(`In force: ${made.effect}, ${made.id}`, "done");
    redraw();
  }

  const rules = h("div");
  const scenario = pick([...scenarios.map((one) => one.name), ["", "one of your own"]], { onchange: () => told() });
  const own = h("textarea", { class: "body", spellcheck: "false", value: '{\n  "about": "The answer is lost, once.",\n  "faults": [{ "effect": "lost", "phase": "after", "times": 1 }]\n}' });
  const tale = h("div", { class: "left" });
  function told() {
    const one = scenarios.find((each) => each.name === scenario.value);
    fill(tale, one ? [h("p", {}, one.about), h("ul", {}, one.evidence.map((each) => h("li", {}, `${each.source}: ${each.what}`, " ", code(each.check))))]
      : label("Its file, as JSON; a job can be copied as one", own));
  }
  function chosenScenario() {
    if (scenario.value) return { name: scenario.value };
    try {
      return { scenario: JSON.parse(own.value) };
    } catch (error) {
      throw new Error(`The scenario is not JSON: ${error.message}`);
    }
  }
  fill(root, h("h1", {}, "Faults"),
    !context.world && h("p", {}, worlds.length > 0 ? label("In the world", world) : label("For the API key", key)),
    form({ class: "card" }, h("h2", {}, "What goes wrong"),
      h("div", { class: "group" }, label("Effect", effect), given), about,
      h("div", { class: "group" }, label("Phase", phase), label("Provider", provider), label("Model", model), offered,
        label("Operation", aim.operation), label("Prompt has", aim.prompt), label("Job", aim.job)),
      h("div", { class: "group" }, label("Only call number", nth), label("At most times", times), label("Probability", probability), label("Name", id),
        button("Put it in force", add, { class: "main", type: "submit" }))),
    h("h2", {}, "In force"), rules,
    form({ class: "card" }, h("h2", {}, "Scenarios"), h("div", { class: "group" }, label("Scenario", scenario),
      button("Start the scenario", async () => {
        const { scenario: started, world } = await post(`/scenario${whose()}`, chosenScenario());
        note(`Started: ${started.name || "your own"}, in ${world.key || "the world without a key"}`, "done");
        await draw();
      }, { type: "submit" })), tale));

  async function draw() {
    const { faults, older } = await get(`/faults${query({ ...context.scope, limit: AT_ONCE })}`);
    if (faults.length === 0) return fill(rules, empty("Nothing goes wrong by itself here."));
    fill(rules, table("The order in which they are tried", ["Effect", "When", "Where", ["Matched"], ["Struck"], "World", "Remove"], faults.map((one) => [
      [h("strong", {}, one.effect), " ", code(Object.entries(one.arguments ?? {}).map(([word, value]) => `${word}=${JSON.stringify(value)}`).join(" "))],
      [one.phase, one.nth && `, call ${[one.nth].flat().join(", ")}`, one.times && `, at most ${one.times}×`, one.probability !== undefined && one.probability < 1 && `, p=${one.probability}`],
      ["provider", "model", ...AIM].filter((member) => one[member]).map((member) => `${member} ${one[member]}`).join(", ") || "everywhere",
      one.seen, one.fired, code(one.world),
      button("Remove", async () => {
        await remove(`/faults/${encodeURIComponent(one.id)}${query({ world: one.world })}`);
        await draw();
      }, { class: "small", "aria-label": `Remove ${one.id}` }),
    ])), older && remark(`The newest ${AT_ONCE}.`), h("p", {}, all));
  }
  const all = sure("Remove all", async () => {
    await remove(`/faults${query(context.scope)}`);
    await draw();
  });
  chosen();
  told();
  const redraw = soon(draw);
  context.on("fault world missed live", redraw);
  await draw();
  // A call that a rule was met by, and did not strike, is told of by no event.
  const looking = setInterval(() => document.hidden || redraw(), 2000);
  return () => {
    clearInterval(looking);
    redraw.stop();
  };
}

const word = (text) => text.replaceAll("_", " ");

// One argument of an effect: its field, made of its schema, and the value that is sent.
class Argument {
  constructor(name, schema, usual) {
    Object.assign(this, { name, schema });
    this.types = [schema.type ?? "any"].flat();
    this.plain = this.types.includes("string") || this.types.includes("number") || this.types.includes("integer");
    const choices = schema.enum ?? (this.types.includes("boolean") ? ["true", "false"] : null);
    this.usual = this.plain || choices ? String(usual ?? "") : JSON.stringify(usual ?? null);
    if (choices) {
      this.input = pick(choices);
      this.input.value = this.usual;
    } else {
      this.list = schema.examples && h("datalist", { id: `of-${name}` }, schema.examples.map((example) => option(example)));
      this.input = h("input", { value: this.usual, list: this.list && `of-${name}` });
    }
  }

  get given() {
    return this.input.value !== this.usual;
  }

  get value() {
    const text = this.input.value;
    if (this.types.includes("boolean")) return text === "true";
    if (this.types.includes("number") || this.types.includes("integer")) return numeric(text);
    if (this.plain) return text;
    try { return JSON.parse(text); } catch { return text; }
  }
}

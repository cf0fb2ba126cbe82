// Money: what was spent, refunded and wasted, and why; and how much a world may spend.

import { get, put } from "./api.js";
import { button, code, empty, fill, form, h, jobLink, label, note, option, remark, soon, table } from "./dom.js";
import { NAMES, money, nameOf, ownerOf, query } from "./words.js";

export const name = "money";
export const title = "Money";

const AT_ONCE = 50;
const SUMS = { spent: "Spent", charged: "Charged", refunded: "Refunded", wasted: "Wasted", undownloaded: "Not downloaded" };
const WHY = { uncollected: "nobody collected the result", duplicate: "the same request had been paid for" };

const sums = (entry) => [entry.jobs, ...Object.keys(SUMS).map((one) => money(entry[one]))];
const COLUMNS = [["Jobs"], ...Object.values(SUMS).map((word) => [word])];

export async function mount(root, context) {
  const tiles = h("div", { class: "sums" });
  const tables = h("div");
  const world = h("select");
  const amount = h("input", { placeholder: "5.00", size: 8, inputmode: "decimal", required: true });
  const waste = new Pages(context, "/ledger/waste", "waste", (rows) => table("Paid for in vain, the newest first", ["Job", "World", ["Amount"], "Why"],
    rows.map((one) => [jobLink(one.job), code(one.world), money(one.amount), [WHY[one.why] ?? one.why, one.of && [" by ", jobLink(one.of)]]])));
  const missed = new Pages(context, "/ledger/missed_files", "missed_files", (rows) => table("Files never downloaded, the newest first", ["File", "Job", "World", ["Amount"], "A client was told"],
    rows.map((one) => [one.name, jobLink(one.job), code(one.world), money(one.amount), one.told ? "yes" : "no"])));
  const budget = form({ class: "group" },
    label("Budget of", world), label("USD", amount),
    button("Set the budget", async () => {
      await put(`/ledger/budget${query({ world: world.value })}`, { amount: amount.value.trim() });
      note("The budget is set.", "done");
      await draw();
    }, { type: "submit" }));
  fill(root, h("h1", {}, "Money"), tiles, budget, tables, waste.element, missed.element);

  async function draw() {
    const told = await get(`/ledger${query({ ...context.scope, limit: AT_ONCE })}`);
    const worlds = told.worlds.reverse();
    fill(tiles, Object.entries(SUMS).map(([key, word]) => h("p", { class: "card", "data-sum": key }, h("strong", {}, money(told.total[key])), " ", h("span", { class: "left" }, word))),
      told.total.unpriced > 0 && h("p", { class: "card" }, h("strong", {}, told.total.unpriced), " ", h("span", { class: "left" }, "jobs without a known price, in no sum")));
    const chosen = world.value;
    budget.hidden = worlds.length === 0;
    fill(world, worlds.map((one) => option(one.world, nameOf({ ...one, id: one.world }))));
    if (worlds.some((one) => one.world === chosen)) world.value = chosen;
    fill(tables, worlds.length === 0 && empty("Nothing was spent yet."),
      worlds.length > 0 && table("By world", ["Label or key", "World", ...COLUMNS, ["Budget"], ["Left"]], worlds.map((one) => [ownerOf(one), code(one.world), ...sums(one), one.budget === null ? "none" : money(one.budget), one.left === null ? "" : money(one.left)])),
      told.older.worlds && remark(`The ${AT_ONCE} worlds that were used last.`),
      told.labels.length > 0 && table("By label", ["Label", ["Worlds"], ...COLUMNS], told.labels.reverse().map((one) => [one.label, one.worlds, ...sums(one)])),
      told.older.labels && remark(`The ${AT_ONCE} labels that had jobs last.`),
      told.providers.length > 0 && table("By provider", ["Provider", ...COLUMNS], told.providers.map((one) => [NAMES[one.provider] ?? one.provider, ...sums(one)])),
      told.models.length > 0 && table("By model", ["Provider", "Model", ...COLUMNS], told.models.map((one) => [NAMES[one.provider] ?? one.provider, one.model, ...sums(one)])));
    waste.begin(told.waste, told.older.waste);
    missed.begin(told.missed_files, told.older.missed_files);
  }
  const redraw = soon(draw, 500);
  context.on("money job world clock missed live", redraw);
  await draw();
  return redraw.stop;
}

// A list of which older pages can be asked for.
class Pages {
  constructor(context, route, key, view) {
    Object.assign(this, { context, route, key, view, rows: [], older: null, more: false });
    this.list = h("div");
    this.button = button(`Show older ${key === "waste" ? "jobs" : "files"}`, () => this.next(), { class: "wide", hidden: true });
    this.element = h("div", {}, this.list, this.button);
  }

  // The newest page, unless older ones are looked at.
  begin(rows, older) {
    if (this.more) return;
    this.show(rows.reverse(), older);
  }

  async next() {
    const page = await get(`${this.route}${query({ ...this.context.scope, limit: AT_ONCE, before: this.older })}`);
    this.more = true;
    this.show([...this.rows, ...page[this.key].reverse()], page.older);
  }

  show(rows, older) {
    Object.assign(this, { rows, older });
    this.button.hidden = !older;
    fill(this.list, rows.length > 0 && this.view(rows));
  }
}

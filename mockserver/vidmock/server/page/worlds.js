// Worlds: all that there are; choose, make, reset, save, restore, copy and delete one.

import { ask, get, post, put, remove } from "./api.js";
import { button, code, empty, fill, form, h, label, note, remark, soon, sure } from "./dom.js";
import { date, many, money, nameOf, ownerOf, query } from "./words.js";

export const name = "worlds";
export const title = "Worlds";

const MOST = 100;

export async function mount(root, context) {
  const cards = new Map();
  const list = h("div", { class: "list" });
  const key = h("input", { required: true });
  const file = h("input", { type: "file", accept: ".json,application/json" });
  const into = h("input", { placeholder: "its own" });
  const acting = (words, act, ...fields) => form({ class: "group" }, fields,
    button(words, async () => {
      await act();
      await draw();
    }, { type: "submit" }));
  fill(root, h("h1", {}, "Worlds"),
    h("div", { class: "filters" },
      acting("Make its world", async () => {
        await post("/worlds", { key: key.value });
        key.value = "";
      }, label("API key", key)),
      acting("Restore it", async () => {
        if (!file.files[0]) throw new Error("Choose the file of a snapshot first: Save a snapshot makes one.");
        let saved;
        try {
          saved = JSON.parse(await file.files[0].text());
        } catch {
          throw new Error(`${file.files[0].name} is no snapshot: it is not JSON.`);
        }
        const world = await put(`/worlds/snapshot${query({ key: into.value })}`, saved);
        note(`Restored: ${nameOf(world)}`, "done");
      }, label("Snapshot", file), label("For the key", into))),
    list);

  async function draw() {
    const { worlds, older } = await get(`/worlds?limit=${MOST}`);
    for (const [id, card] of cards) {
      if (worlds.some((one) => one.id === id)) continue;
      card.element.remove();
      cards.delete(id);
    }
    if (cards.size === 0) fill(list);
    for (const world of worlds) {
      if (!cards.has(world.id)) {
        const card = new Card(world, context, draw);
        cards.set(world.id, card);
        list.prepend(card.element);
      }
      cards.get(world.id).update(world);
    }
    if (!list.firstChild) fill(list, empty("No world yet. The first call with an API key makes one, or make it here."));
    if (older && !list.querySelector(".left.more")) list.append(remark(`The ${MOST} worlds that were used last.`, { class: "left more" }));
  }
  const redraw = soon(draw, 500);
  context.on("world job clock money missed live", redraw);
  await draw();
  return redraw.stop;
}

class Card {
  constructor({ id }, context, draw) {
    const about = query({ world: id });
    this.facts = h("dl");
    this.owner = h("span");
    this.state = h("span", { class: "state" }, "shown");
    const to = h("input", { required: true, "aria-label": `Key of the copy of ${id}`, placeholder: "another key" });
    const act = (call) => async () => {
      await call();
      await draw();
    };
    this.choose = button("Show only this", () => context.choose(id), { class: "small", "aria-label": `Show only this: ${id}` });
    this.element = h("article", { class: "card world-card", "data-world": id },
      h("h2", {}, this.owner, " ", code(id), " ", this.state), this.facts,
      h("div", { class: "actions" }, this.choose,
        button("Save a snapshot", () => save(id), { class: "small" }),
        sure("Reset", act(() => post(`/worlds/reset${about}`))),
        sure("Delete", act(() => remove(`/worlds${about}`))),
        form({ class: "group" }, to,
          button("Fork", act(async () => {
            await post(`/worlds/fork${about}`, { to: to.value });
            to.value = "";
          }), { class: "small", type: "submit", "aria-label": `Fork ${id}` }))));
    this.chosen = context.world === id;
    this.state.hidden = !this.chosen;
    this.choose.hidden = this.chosen;
  }

  update(world) {
    const jobs = Object.entries(world.jobs).filter(([, count]) => count).map(([state, count]) => `${count} ${state}`).join(", ");
    const fact = (word, said) => [h("dt", {}, word), h("dd", {}, said)];
    fill(this.owner, ownerOf(world));
    fill(this.facts, world.label && fact("Key", world.key || "none"), fact("Clock", `${date(world.now)}, ${world.mode}`), fact("Jobs", jobs || "none"), fact("Requests", world.requests),
      fact("Spent", `${money(world.spent)}${world.budget === null ? "" : ` of ${money(world.budget)}`}`), fact("Faults", world.faults), fact("Seed", world.seed),
      Object.keys(world.behaviours).length > 0 && fact("Behaviours", code(Object.entries(world.behaviours).map((one) => one.join("=")).join(", "))),
      fact("Holds", `${Math.ceil(world.held / 1024)} kB${world.dropped ? `, has lost ${many(world.dropped, "thing")}` : ""}`));
  }
}

async function save(id) {
  const answer = await ask(`/worlds/snapshot${query({ world: id })}`, { raw: true });
  const href = URL.createObjectURL(await answer.blob());
  h("a", { href, download: `world-${id}.json` }).click();
  setTimeout(() => URL.revokeObjectURL(href), 10_000);
}

// Clock: what time it is in each world, what is due next, and letting time pass.

import { get, post, put } from "./api.js";
import { button, code, empty, fill, form, h, jobLink, label, pick, remark, soon, table } from "./dom.js";
import { date, many, nowOf, ownerOf, query, span } from "./words.js";

export const name = "clock";
export const title = "Clock";

const MOST_CLOCKS = 100;
const MODES = { real: "as real time does", scaled: "so many times as fast", step: "by polls", manual: "only when it is advanced" };
const WHAT = {
  begin: "the job begins", requeue: "the job goes back to its queue", output: "an output is ready", end: "the job ends", webhook: "a webhook is tried",
  answer: "a request that waits is answered", forget: "the provider forgets the job", expire: "an upload expires",
};

export async function mount(root, context) {
  const clocks = new Map();
  let fresh = true;
  const asked = query(context.scope);
  const change = (act) => async () => {
    await act();
    await draw();
  };
  const advance = (body) => change(() => post(`/clock/advance${asked}`, body));
  const by = h("input", { value: "2h", size: 8, "aria-label": "Length of time" });
  const speed = h("input", { value: "20", size: 6, inputmode: "decimal" });
  const speedLabel = h("label", { hidden: true }, "Times as fast", speed);
  const mode = pick(Object.entries(MODES).map(([value, text]) => [value, `${value}: ${text}`]), { onchange: () => {
    fresh = false;
    speedLabel.hidden = mode.value !== "scaled";
  } });
  const shown = h("div", { class: "clocks" });
  const due = h("div");

  fill(root, h("h1", {}, "Clock"), shown,
    remark(context.world ? "For the chosen world:" : "For all worlds, and those to come:"),
    h("div", { class: "actions" },
      button("+1 s", advance({ by: 1 })), button("+15 min", advance({ by: "15m" })),
      button("To the next event", advance({ to: "next" }), { class: "main" }),
      button("Until idle", change(() => post(`/clock/run-until-idle${asked}`))),
      form({ class: "group" }, by, button("Advance by that", () => advance({ by: by.value.trim() })(), { type: "submit" }))),
    form({ class: "group" },
      label("Time passes", mode), speedLabel,
      button("Set the mode", change(() => put(`/clock${asked}`, { mode: mode.value === "scaled" ? `scaled:${speed.value.trim()}` : mode.value })), { type: "submit" })),
    due);

  async function draw() {
    const [told, next, { worlds }] = await Promise.all([get(`/clock${query({ ...context.scope, limit: MOST_CLOCKS })}`), get(`/clock/due${asked}`), get(`/worlds${query({ ...context.scope, limit: MOST_CLOCKS })}`)]);
    const keys = new Map(worlds.map((world) => [world.id, ownerOf(world)]));
    clocks.clear();
    fill(shown, told.clocks.reverse().map((clock) => {
      const face = h("strong", { class: "face" });
      const left = h("span", { class: "left" });
      clocks.set(clock.world, { ...clock, real: performance.now(), face, left });
      return h("div", { class: "card clock", "data-world": clock.world }, h("p", {}, face, " ", h("span", { class: "state" }, clock.mode)),
        h("p", { class: "foot" }, h("span", { class: "provider" }, keys.get(clock.world) ?? ""), code(clock.world), left));
    }), told.older && remark(`The ${MOST_CLOCKS} worlds that were used last.`),
    told.clocks.length === 0 && empty("No world yet: the first call with a key makes one. New worlds begin in the mode that is set here."));
    fill(due, h("h2", {}, "Due next"), next.due.length === 0 ? empty("Nothing is due.") : table(many(next.due.length, "event"),
      ["At", ["In"], "What", "Of", "World"], next.due.map((one) => [date(one.at), span(one.left), WHAT[one.what] ?? one.what,
        one.job ? jobLink(one.job) : code(one.upload ?? one.delivery ?? ""), code(one.world)])));
    tick();
    if (fresh && told.clocks.length > 0) {
      const [kind, factor] = told.clocks[0].mode.split(":");
      mode.value = kind;
      speed.value = factor ?? speed.value;
      speedLabel.hidden = kind !== "scaled";
    }
    fresh = false;
  }

  function tick() {
    for (const clock of clocks.values()) {
      const now = nowOf(clock);
      clock.face.textContent = date(now);
      clock.left.textContent = clock.due === null ? "nothing is due" : `next in ${span(Math.max(0, clock.due - now))}`;
    }
  }
  const redraw = soon(draw, 250);
  context.on("clock job webhook world missed live", redraw);
  await draw();
  const ticking = setInterval(tick, 250);
  return () => {
    redraw.stop();
    clearInterval(ticking);
  };
}

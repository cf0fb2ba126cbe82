// Jobs as tiles, the newest first. With an id in the address: one job.

import { get } from "./api.js";
import { button, fill, form, h, label, note, pick, sliced } from "./dom.js";
import { mountJob } from "./job.js";
import { media } from "./media.js";
import { play, rest, soon } from "./playing.js";
import { NAMES, many, money, nowOf, query, span, time } from "./words.js";

export const name = "jobs";
export const title = "Jobs";

const AT_ONCE = 48;
const MOST_SHOWN = 480;
const RECOUNT_MS = 1000;
const DRAWN_MS = 250;
const STATES = ["queued", "running", "succeeded", "failed", "cancelled"];

export function mount(root, context) {
  return context.path[0] ? mountJob(root, context, context.path[0]) : mountList(root, context);
}

async function mountList(root, context) {
  const wanted = { provider: "", state: "", prompt: "" };
  const tiles = new Map();
  // What was told and is not drawn yet, by job: of those that have a tile, and of others.
  const news = new Map();
  const waiting = new Map();
  const clocks = new Map();
  let older = null;
  // How many tiles there may be: those of the pages that were asked for. Each more would cost with every change.
  let room = AT_ONCE;
  let coming = [];
  let round = [];
  let total = 0;
  let drawn = 0;
  let drawing = 0;
  let counting = 0;

  const count = h("p", { class: "count", role: "status" });
  const grid = h("div", { class: "tiles", role: "list", "aria-label": "Jobs" });
  const more = button("Show older jobs", () => load(older), { class: "wide", hidden: true });
  const filter = (text, key, entries) => label(text, pick([["", "all"], ...entries], {
    onchange: (event) => { wanted[key] = event.target.value; begin(); },
  }));
  let typed = 0;
  fill(root,
    h("h1", {}, "Jobs"),
    form({ class: "filters" },
      label("Prompt has", h("input", { type: "search", placeholder: "a part of the prompt", oninput: (event) => {
        clearTimeout(typed);
        typed = setTimeout(() => { wanted.prompt = event.target.value; begin(); }, 200);
      } })),
      filter("Provider", "provider", Object.entries(NAMES)),
      filter("State", "state", STATES),
      count),
    grid, more);

  // Plays what is looked at, and nothing else.
  const seen = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) tiles.get(target.dataset.job)?.look(isIntersecting);
  }, { rootMargin: "100px" });

  function place(job, before = null) {
    const known = tiles.get(job.id);
    if (known) return known.update(job);
    const tile = new Tile(job, clocks);
    tiles.set(job.id, tile);
    grid.insertBefore(tile.element, before);
    seen.observe(tile.element);
  }

  // Where a job of which something was told belongs, the newest first; among those of one moment, one just accepted is first.
  function arrive(job) {
    let next = grid.firstElementChild;
    const isBefore = ({ created }) => created > job.created || (created === job.created && job.what !== "accepted");
    if (!tiles.has(job.id)) while (next && isBefore(tiles.get(next.dataset.job).job)) next = next.nextElementSibling;
    // Those that are older than all that are shown come with their page.
    if (next || !older || tiles.has(job.id)) place(job, next);
  }

  function drop(tile) {
    seen.unobserve(tile.element);
    tile.leave();
    tile.element.remove();
    tiles.delete(tile.job.id);
  }

  async function load(before) {
    const asked = JSON.stringify(wanted);
    const page = await get(`/jobs${query({ ...context.scope, ...wanted, limit: AT_ONCE, before })}`);
    if (asked !== JSON.stringify(wanted)) return;
    coming = [...page.jobs, ...coming];
    if (before) room += AT_ONCE;
    older = page.older;
    total = page.total;
    placing();
  }

  // Of a job that is there already, something newer was told than its page says.
  const placing = sliced(() => {
    const job = coming.pop();
    if (job && !tiles.has(job.id)) place(job);
    if (coming.length === 0) say();
    return coming.length > 0;
  });

  function say() {
    const full = tiles.size >= MOST_SHOWN;
    more.hidden = !older || full;
    const hint = full && total > tiles.size ? "; the filters find older ones" : "";
    count.textContent = total === 0 ? "" : `${many(tiles.size, "job")} of ${total}${hint}`;
    empty.hidden = tiles.size > 0;
  }

  const empty = h("div", { class: "empty", hidden: true }, h("p", {}, "No job yet. Send one, for example:"),
    h("pre", {}, `curl -s ${location.origin}/fal/queue/fal-ai/kling-video/o1/reference-to-video \\\n  -H "Authorization: Key any" -d '{"prompt": "A red kite over dunes"}'`));
  grid.after(empty);

  async function begin() {
    coming = [];
    room = AT_ONCE;
    for (const tile of [...tiles.values()]) drop(tile);
    try {
      await load(null);
    } catch (error) {
      note(error.message);
    }
  }

  const fits = (job) => (!context.world || job.world === context.world) && (!wanted.provider || job.provider === wanted.provider)
    && (!wanted.state || job.state === wanted.state) && job.prompt.includes(wanted.prompt);

  // However many jobs come in, their tiles are drawn a few times a second, and no more new ones than a page has.
  const draw = sliced(() => {
    const job = round.shift();
    if (fits(job)) arrive(job);
    else if (tiles.has(job.id)) drop(tiles.get(job.id));
    if (tiles.size > room) {
      drop(tiles.get(grid.lastElementChild.dataset.job));
      older = grid.lastElementChild.dataset.job;
    }
    if (round.length > 0) return true;
    empty.hidden = tiles.size > 0;
    counting ||= setTimeout(recount, RECOUNT_MS);
    drawn = performance.now();
    if (news.size + waiting.size > 0) drawLater();
    return false;
  });
  function drawLater() {
    drawing ||= setTimeout(() => {
      drawing = 0;
      round = [...news.values(), ...waiting.values()];
      news.clear();
      waiting.clear();
      draw();
    }, Math.max(0, drawn + DRAWN_MS - performance.now()));
  }

  async function recount() {
    const asked = JSON.stringify(wanted);
    try {
      const told = await get(`/jobs${query({ ...context.scope, ...wanted, limit: 1 })}`);
      if (asked !== JSON.stringify(wanted)) return;
      total = told.total;
      say();
    } catch {
      // What is wrong with the connection is told beside the title.
    } finally {
      counting = 0;
    }
  }
  context.on("job", (job) => {
    (tiles.has(job.id) ? news : waiting).set(job.id, job);
    if (waiting.size > AT_ONCE) waiting.delete(waiting.keys().next().value);
    if (round.length === 0) drawLater();
  });
  context.on("fault", ({ job, effect }) => tiles.get(job)?.strike(effect));
  context.on("missed", begin);
  context.on("clock", ({ world, mode, at }) => clocks.set(world, { mode, now: at, real: performance.now() }));
  let opened = false;
  context.on("live", () => {
    if (opened) begin();
    opened = true;
  });
  // Only what can be seen moves: an end that has been told does not, and what is far away is brought up to date as it comes near.
  const ticking = setInterval(() => tiles.forEach((tile) => tile.seen && tile.open && tile.tick()), 250);
  for (const clock of (await get(`/clock${query(context.scope)}`)).clocks) {
    clocks.set(clock.world, { mode: clock.mode, now: clock.now, real: performance.now() });
  }
  await begin();
  return () => {
    clearInterval(ticking);
    clearTimeout(counting);
    clearTimeout(drawing);
    draw.stop();
    placing.stop();
    seen.disconnect();
  };
}

class Tile {
  constructor(job, clocks) {
    this.clocks = clocks;
    this.seen = false;
    this.screen = h("div", { class: "screen" });
    this.state = h("span", { class: "state" });
    this.left = h("span", { class: "left" });
    this.bar = h("progress", { max: 1, value: 0, "aria-label": "Progress" });
    this.prompt = h("p", { class: "prompt" });
    this.foot = h("p", { class: "foot" });
    this.element = h("div", { class: "tile", role: "listitem", "data-job": job.id },
      this.screen,
      h("a", { href: `#/jobs/${encodeURIComponent(job.id)}` }, this.prompt),
      h("p", { class: "line" }, this.state, this.left),
      this.bar, this.foot);
    this.update(job);
  }

  update(job) {
    const before = this.job;
    this.job = job;
    this.element.dataset.state = job.state;
    this.element.dataset.provider = job.provider;
    this.state.textContent = job.state;
    this.prompt.textContent = job.prompt || "(no prompt)";
    fill(this.foot, h("span", { class: "provider" }, NAMES[job.provider] ?? job.provider), h("span", { class: "model", title: job.model }, job.model),
      h("span", { class: "cost" }, money(job.cost)),
      job.refunded !== "0" && h("span", { class: "mark good" }, "refunded"),
      job.faults.map((effect) => h("span", { class: "mark bad", title: `The fault ${effect} has struck it` }, effect.replaceAll("_", " "))),
      job.lints > 0 && h("span", { class: "mark", title: "The provider takes it, but probably not as it was meant" }, many(job.lints, "lint")),
      job.state === "succeeded" && !job.downloaded && h("span", { class: "mark" }, job.collected ? "not downloaded" : "not collected"));
    if (before?.state !== job.state) this.play();
    this.tick();
  }

  strike(effect) {
    if (!this.job.faults.includes(effect)) this.update({ ...this.job, faults: [...this.job.faults, effect] });
  }

  look(seen) {
    if (seen === this.seen) return;
    this.seen = seen;
    if (seen) this.tick();
    this.play();
  }

  get open() {
    return this.job.state === "queued" || this.job.state === "running";
  }

  // Plays the video of a job that has one while somebody looks at it.
  play() {
    this.leave();
    if (this.job.state !== "succeeded") {
      fill(this.screen, h("span", { class: "waiting", "aria-hidden": "true" }, { queued: "◌", running: "◍", failed: "✕", cancelled: "–" }[this.job.state] ?? ""));
      return;
    }
    if (!this.seen) return;
    const there = this.screen.querySelector("video, img, audio");
    if (there instanceof HTMLVideoElement) play(there);
    else if (!there) this.later = soon(() => this.show());
  }

  async show() {
    try {
      const { outputs } = await get(`/jobs/${encodeURIComponent(this.job.id)}`);
      const [made] = await media(this.job.id, outputs, { small: true });
      fill(this.screen, made);
      if (!(made instanceof HTMLVideoElement)) return;
      this.element.onmouseenter = this.element.onfocusin = () => play(made, { now: true });
      if (this.seen) play(made);
    } catch (error) {
      fill(this.screen, h("span", { class: "waiting" }, error.status === 404 ? "gone" : "?"));
    }
  }

  // Nobody looks at it any more.
  leave() {
    this.later?.();
    const video = this.screen.querySelector("video");
    if (video) rest(video);
  }

  tick() {
    const { job, open } = this;
    const now = nowOf(this.clocks.get(job.world));
    this.bar.hidden = !open;
    this.left.textContent = open ? (job.ends - now > 1e8 ? "stuck" : `ends in ${span(job.ends - now)}`) : time(job.ends);
    if (open) this.bar.value = Math.min(1, Math.max(0, (now - job.created) / (job.ends - job.created || 1)));
  }
}

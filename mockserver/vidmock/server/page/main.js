// The shell of the page: which view is shown, for which world, and what happens meanwhile.
//
// A view is a module with `name` (its part of the address), `title`, and `mount(root, context)`, which fills `root` and returns
// what to call when the view is left (or nothing). `context` has
//   path      the rest of the address behind the view's name, decoded, in a list
//   world     the id of the chosen world; empty for all
//   scope     the query that asks the control API for that world: {} or {world: id}
//   on(kind, call)   calls `call(data)` with each event of that kind (job, webhook, money, fault, clock, world, missed, live)
//   go(address)      shows another view: go("/jobs/ID")
//   choose(id)       chooses another world, or all with ""

import { get, listen } from "./api.js";
import { fill, h, note } from "./dom.js";
import * as clock from "./clock.js";
import * as faults from "./faults.js";
import * as jobs from "./jobs.js";
import * as money from "./money.js";
import * as openapi from "./openapi.js";
import * as validate from "./validate.js";
import * as webhooks from "./webhooks.js";
import * as worlds from "./worlds.js";

const VIEWS = [jobs, webhooks, clock, faults, money, worlds, validate, openapi];

const nav = document.getElementById("nav");
const main = document.getElementById("main");
const select = document.getElementById("world");
const live = document.getElementById("live");

const listeners = new Map();
let shown = null;

function on(kind, call) {
  if (!listeners.has(kind)) listeners.set(kind, new Set());
  listeners.get(kind).add(call);
  return () => listeners.get(kind).delete(call);
}

function tell(kind, data) {
  for (const call of [...(listeners.get(kind) ?? [])]) call(data);
}

const address = () => location.hash.replace(/^#\/?/, "").split("/").map(decodeURIComponent);

async function show() {
  const [name, ...path] = address();
  const view = VIEWS.find((one) => one.name === name) ?? jobs;
  shown?.leave();
  const root = h("div", { class: `view ${view.name}` });
  const undo = [];
  const world = select.value;
  const context = {
    path,
    world,
    scope: world ? { world } : {},
    on: (kind, call) => undo.push(on(kind, call)),
    go: (to) => { location.hash = `#${to}`; },
    choose: async (id) => {
      await listWorlds();
      select.value = id;
      show();
    },
  };
  shown = { leave: () => undo.forEach((call) => call()) };
  const current = shown;
  for (const link of nav.children) {
    if (link.dataset.name === view.name) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  document.title = `${view.title} · vidmock`;
  fill(main, root);
  try {
    const leave = await view.mount(root, context);
    if (!leave) return;
    if (shown === current) undo.push(leave);
    else leave();
  } catch (error) {
    fill(root, h("p", { class: "empty" }, error.message));
  }
}

async function listWorlds() {
  const { worlds } = await get("/worlds?limit=200");
  const chosen = select.value;
  fill(select, h("option", { value: "" }, worlds.length > 1 ? `all ${worlds.length}` : "all"),
    [...worlds].reverse().map((world) => h("option", { value: world.id }, `${world.key || "no key"} · ${world.id}`)));
  select.value = [...select.options].some((option) => option.value === chosen) ? chosen : "";
  if (select.value !== chosen) show();
}

fill(nav, VIEWS.map((view) => h("a", { href: `#/${view.name}`, "data-name": view.name }, view.title)));
addEventListener("hashchange", show);
select.addEventListener("change", show);
on("world", () => listWorlds().catch((error) => note(error.message)));
on("job", ({ world }) => {
  if (![...select.options].some((option) => option.value === world)) listWorlds().catch((error) => note(error.message));
});

listWorlds().catch((error) => note(error.message));
show();
let listening = null;

function attend() {
  listening = new AbortController();
  listen("/events", {
    heard: tell,
    state: (text) => {
      live.textContent = text;
      live.dataset.state = text;
      tell("live", text);
    },
    signal: listening.signal,
  });
}

attend();
// A browser keeps a page that was left for a while, and its stream would take one of the few connections to this server.
addEventListener("pagehide", () => listening.abort());
addEventListener("pageshow", ({ persisted }) => persisted && attend());

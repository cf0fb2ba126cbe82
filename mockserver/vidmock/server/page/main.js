// The shell of the page: which view is shown, for which world, and what happens meanwhile.
//
// A view is a module with `name` (its part of the address), `title`, and `mount(root, context)`, which fills `root` and returns
// what to call when the view is left (or nothing). `context` has
//   path      the rest of the address behind the view's name, decoded, in a list
//   world     the id of the chosen world; empty for all
//   scope     the query that asks the control API for that world: {} or {world: id}
//   on(kinds, call)  calls `call(data)` with each event of those kinds, in words: job webhook money fault clock world, missed
//                    where some were, and live when the stream (again) begins
//   go(address)      shows another view: go("/jobs/ID")
//   choose(id)       chooses another world, or all with ""

import { get, listen } from "./api.js";
import { empty, fill, h, option, soon } from "./dom.js";
import { nameOf } from "./words.js";
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
    on: (kinds, call) => undo.push(...kinds.split(" ").map((kind) => on(kind, call))),
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
    fill(root, empty(error.message));
  }
}

async function listWorlds() {
  const { worlds } = await get("/worlds?limit=200");
  const chosen = select.value;
  fill(select, option("", worlds.length > 1 ? `all ${worlds.length}` : "all"),
    [...worlds].reverse().map((world) => option(world.id, nameOf(world))));
  select.value = [...select.options].some((option) => option.value === chosen) ? chosen : "";
  if (select.value !== chosen) show();
}

fill(nav, VIEWS.map((view) => h("a", { href: `#/${view.name}`, "data-name": view.name }, view.title)));
addEventListener("hashchange", show);
// By its own address, which without a script leads to the content, the view would be another one.
document.querySelector(".skip").onclick = (event) => {
  event.preventDefault();
  main.focus();
};
select.addEventListener("change", show);
const list = soon(listWorlds, 0);
for (const kind of ["world", "missed", "live"]) on(kind, list);
on("job", ({ world }) => [...select.options].some((one) => one.value === world) || list());

list();
show();
let listening = null;

// A browser has six connections to this server for all its tabs, and a stream takes one: only a page that is seen has it.
function attend() {
  listening?.abort();
  if (document.hidden) return;
  listening = new AbortController();
  listen("/events", {
    heard: tell,
    state: (text) => {
      live.textContent = text;
      live.dataset.state = text;
      if (text === "live") tell("live");
    },
    signal: listening.signal,
  });
}

attend();
document.addEventListener("visibilitychange", attend);

// One job: what it made, its timeline on both clocks, and itself as curl, Python, scenario and test.

import { get, post } from "./api.js";
import { copies } from "./copies.js";
import { button, code, copy, empty, fill, h, pick, soon, state } from "./dom.js";
import { media } from "./media.js";
import { sequence } from "./sequence.js";
import { NAMES, date, money } from "./words.js";

export async function mountJob(root, context, id) {
  const path = `/jobs/${encodeURIComponent(id)}`;
  const outcome = pick(["succeed", "fail", "moderated", "stuck", "slow", "cancelled"], { "aria-label": "Outcome" });
  const parts = Object.fromEntries(["screen", "facts", "story", "input", "actions"].map((part) => [part, h("section", { class: part })]));
  const heading = h("h1", {}, "Job");
  fill(root, h("p", {}, h("a", { href: "#/jobs" }, "← All jobs")), heading, parts.actions, h("div", { class: "two" }, parts.screen, parts.facts), parts.story, parts.input);
  let drawn = "";

  async function draw() {
    const job = await get(path);
    const world = { world: job.world };
    const about = new URLSearchParams({ ...world, job: id });
    const [{ exchanges }, { deliveries }] = await Promise.all([get(`/journal?${about}`), get(`/deliveries?${about}`)]);
    // The API has a job that has ended stay as it is.
    force.hidden = job.state !== "queued" && job.state !== "running";
    heading.textContent = job.prompt || `Job ${job.id}`;
    if (drawn !== job.state) {
      fill(parts.screen, await media(job.id, job.outputs));
      if (!parts.screen.firstChild) fill(parts.screen, empty({ queued: "It waits for its turn.", running: "It is being made.", failed: "It has failed.", cancelled: "It was cancelled." }[job.state] ?? ""));
      drawn = job.state;
    }
    fill(parts.facts, h("dl", {}, [
      ["State", state(job.state)],
      ["Provider", NAMES[job.provider] ?? job.provider], ["Model", job.model], ["Id", code(job.id)],
      ["Submitted", date(job.created)], ["Ends", job.ends > 2.5e11 ? "never" : date(job.ends)],
      ["Cost", `${money(job.cost)}${job.refunded !== "0" ? `, refunded ${money(job.refunded)}` : ""}`],
      ["Told to a client", job.collected ? "yes" : "not yet"], ["Downloaded", job.downloaded ? "yes" : "not yet"],
      job.webhook && ["Webhook", code(job.webhook)],
      job.faults.length > 0 && ["Struck by", job.faults.join(", ")],
      job.failure && ["Failure", `${job.failure.code}: ${job.failure.message}`],
    ].filter(Boolean).map(([word, said]) => [h("dt", {}, word), h("dd", {}, said)])),
    job.violations.length > 0 && h("ul", { class: "violations" }, job.violations.map((one) => h("li", {}, code(one.where), " ", one.message))));
    const call = exchanges.find((one) => one.operation === "submit");
    const submitted = call && await get(`/journal/${call.number}?${new URLSearchParams(world)}`);
    const lints = (submitted?.submitted ?? []).flatMap((one) => one.lints);
    fill(parts.story, h("h2", {}, "Timeline"), lints.map((one) => h("p", { class: "warning" }, code(one.where), " ", one.message)), sequence({ job, exchanges, deliveries }));
    fill(parts.input, h("h2", {}, "Input"), h("pre", { tabindex: 0, "aria-label": "Input" }, JSON.stringify(job.input, null, 2)),
      h("p", { class: "copies" }, "Copy as ", Object.entries(copies(job, submitted)).map(([label, text]) => copy(label, () => text)),
        !submitted && h("span", { class: "left" }, "The call that submitted it is no longer in the journal: there is no program to copy.")));
  }
  const force = h("span", { class: "group" }, outcome, button("Have it end so", async () => {
    await post(`${path}/outcome`, { effect: outcome.value });
    await draw();
  }));
  fill(parts.actions, force, h("a", { href: "#/webhooks", class: "small" }, "Webhooks"));
  const redraw = soon(draw, 100);
  context.on("job webhook money fault", (data) => data.job === id || data.id === id ? redraw() : null);
  context.on("clock missed live", redraw);
  await draw();
  return redraw.stop;
}

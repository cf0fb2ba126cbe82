// A sequence diagram: what client, provider and receiver did about one job, in the order of its world's clock.

import { h } from "./dom.js";
import { date, money, time } from "./words.js";

const LANES = { client: 250, vidmock: 520, receiver: 790 };
const WIDTH = 900;
const STEP = 34;
const TOP = 58;

// What happened about `job`, as the API tells it: each with the moment, on the world's clock.
export function happenings({ job, exchanges, deliveries }) {
  const found = job.timeline.filter((step) => step.past).map((step) => ({ at: step.at, rank: 1, kind: "state", text: step.state }));
  if (job.cost !== null) found.push({ at: job.created, rank: 2, kind: "money", text: `charged ${money(job.cost)}` });
  if (job.refunded !== "0") found.push({ at: job.ends, rank: 2, kind: "money", text: `refunded ${money(job.refunded)}` });
  for (const one of exchanges) {
    const download = one.operation === "media";
    found.push({ at: one.at, real: one.real, rank: 0, kind: download ? "download" : "call", text: `${one.method} ${one.operation || one.target}`, status: one.status, fault: one.fault, title: one.target });
  }
  for (const delivery of deliveries) {
    delivery.attempts.forEach((attempt, index) => found.push({
      at: attempt.at, rank: 3, kind: "webhook", text: `webhook ${delivery.number}, attempt ${index + 1}${attempt.by_hand ? " by hand" : ""}`,
      status: attempt.status ?? attempt.error, title: delivery.url, bad: !(attempt.status >= 200 && attempt.status < 300),
    }));
  }
  return found.sort((a, b) => a.at - b.at || a.rank - b.rank);
}

export function sequence(story) {
  const rows = happenings(story);
  const height = TOP + rows.length * STEP + 16;
  const arrow = (x, y, towards) => h("polygon", { points: `${x},${y} ${x - 8 * towards},${y - 4} ${x - 8 * towards},${y + 4}`, class: "head" });
  const made = h("svg", { viewBox: `0 0 ${WIDTH} ${height}`, class: "sequence", role: "img", "aria-label": `Timeline of job ${story.job.id}: ${rows.map((row) => row.text).join(", ")}` },
    Object.entries(LANES).map(([lane, x]) => h("g", { class: "lane" }, h("text", { x, y: 22, "text-anchor": "middle" }, lane), h("line", { x1: x, x2: x, y1: 32, y2: height - 8 }))),
    h("text", { x: 8, y: 22, class: "clock" }, "world's clock"), h("text", { x: 118, y: 22, class: "clock" }, "real"),
    rows.map((row, index) => {
      const y = TOP + index * STEP;
      const left = [h("text", { x: 8, y: y + 4, class: "clock" }, time(row.at), h("title", {}, date(row.at))), row.real && h("text", { x: 118, y: y + 4, class: "clock" }, row.real.slice(11, 19))];
      if (row.kind === "state" || row.kind === "money") {
        const wide = 14 + 7.2 * row.text.length;
        return h("g", { class: row.kind, "data-state": row.text }, left, h("rect", { x: LANES.vidmock - wide / 2, y: y - 11, width: wide, height: 22, rx: 11 }), h("text", { x: LANES.vidmock, y: y + 4, "text-anchor": "middle" }, row.text));
      }
      const [from, to] = row.kind === "webhook" ? [LANES.vidmock, LANES.receiver] : [LANES.client, LANES.vidmock];
      const bad = row.bad || row.fault || row.status >= 400 || row.status === 0;
      const label = `${row.text} → ${row.status === 0 ? "no answer" : row.status}${row.fault ? ` (fault ${row.fault})` : ""}`;
      return h("g", { class: `${row.kind}${bad ? " bad" : ""}` }, left, h("line", { x1: from, x2: to, y1: y, y2: y }), arrow(to, y, 1),
        h("text", { x: (from + to) / 2, y: y - 6, "text-anchor": "middle" }, label.length > 42 ? `${label.slice(0, 41)}…` : label, h("title", {}, `${row.title ?? ""} ${label}`)));
    }));
  return h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Timeline" }, made);
}

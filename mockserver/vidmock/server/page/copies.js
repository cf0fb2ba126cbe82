// One job as something to run again: a line of curl, Python, a scenario, a test. Each has the job's own input. Without the
// call that submitted it, which the journal may have lost, the address is not known: then there is the scenario alone.

const OPEN = new Set(["queued", "running"]);
const shell = (text) => `'${text.replaceAll("'", `'\\''`)}'`;
const python = (value, indent = 0) => {
  const pad = " ".repeat(indent + 4);
  if (value === null) return "None";
  if (value === true) return "True";
  if (value === false) return "False";
  if (Array.isArray(value)) return value.length ? `[\n${value.map((item) => `${pad}${python(item, indent + 4)},\n`).join("")}${" ".repeat(indent)}]` : "[]";
  if (typeof value === "object") return Object.keys(value).length ? `{\n${Object.entries(value).map(([key, item]) => `${pad}${JSON.stringify(key)}: ${python(item, indent + 4)},\n`).join("")}${" ".repeat(indent)}}` : "{}";
  return JSON.stringify(value);
};

// What the job was submitted with, by the address that works at this server without any name being led here.
export function call(job, exchange) {
  const said = exchange?.request?.body?.text;
  const target = exchange?.target?.startsWith("/") ? exchange.target : "";
  const names = { fal: "queue", runpod: "v2", runware: "v1", eachlabs: "v1" };
  const path = target.startsWith(`/${job.provider}/`) ? target : `/${job.provider}/${names[job.provider]}${target.replace(/^\/v[12](?=\/)/, "")}`;
  let body = job.input;
  try { body = JSON.parse(said); } catch { /* Not JSON: the input alone. */ }
  return { url: location.origin + path, body, header: { fal: ["Authorization", "Key any"], eachlabs: ["X-API-Key", "any"] }[job.provider] ?? ["Authorization", "Bearer any"] };
}

// What has another job end as this one did, as a fault; null if it ends by itself, or has not ended.
function outcomeOf({ state, failure }) {
  if (state === "cancelled") return { effect: "cancelled" };
  if (!failure) return null;
  return failure.code === "moderated" ? { effect: "moderated" } : { effect: "fail", arguments: { code: failure.code } };
}

export function copies(job, exchange) {
  const outcome = outcomeOf(job);
  const scenario = `${JSON.stringify({ about: `What became of job ${job.id}.`, latency: { queue: [0, 0], run: [1, 1] }, ...(outcome && { outcomes: [outcome] }) }, null, 2)}\n`;
  if (!exchange) return { scenario };
  const { url, body, header } = call(job, exchange);
  const request = `httpx.post(\n    ${JSON.stringify(url)},\n    headers={${JSON.stringify(header[0])}: ${JSON.stringify(header[1])}},\n    json=${python(body, 4)},\n)`;
  const given = Object.entries(outcome?.arguments ?? {}).map(([key, value]) => `, ${key}=${python(value)}`).join("");
  const rule = outcome ? `    vidmock.faults.add(${JSON.stringify(outcome.effect)}${given})\n` : "";
  // Time stands still in the test, so a job that is not to end has not.
  const end = OPEN.has(job.state) ? "    assert vidmock.jobs[-1].state in (\"queued\", \"running\")\n" : `    vidmock.clock.run_until_idle()\n    assert vidmock.jobs[-1].state == ${JSON.stringify(job.state)}\n`;
  return {
    curl: `curl -sS ${shell(url)} -H ${shell(header.join(": "))} -H 'content-type: application/json' -d ${shell(JSON.stringify(body))}`,
    Python: `import httpx\n\nanswer = ${request}\nprint(answer.status_code, answer.json())\n`,
    scenario,
    pytest: `import httpx\n\n\ndef test_the_job_again(vidmock):\n${rule}    answer = httpx.post(\n        vidmock.url + ${JSON.stringify(new URL(url).pathname)},\n        headers={${JSON.stringify(header[0])}: ${header[0] === "Authorization" ? `${JSON.stringify(header[1].split(" ")[0])} + " " + vidmock.key` : "vidmock.key"}},\n        json=${python(body, 8)},\n    )\n    answer.raise_for_status()\n${end}`,
  };
}

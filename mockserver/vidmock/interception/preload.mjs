// Loaded by Node before a program that `vidmock run`, or a test, starts (NODE_OPTIONS=--import=…). Node's own fetch,
// WebSocket and https ignore HTTPS_PROXY, so connections are redirected where all of them end: at the socket. Where there
// is no mock to be led to, those to the providers are refused, and all others are left alone.
import net from "node:net";
import { syncBuiltinESMExports } from "node:module";

const { VIDMOCK_URL, VIDMOCK_HOSTS, VIDMOCK_ALLOW_HOSTS, VIDMOCK_KEPT_FROM, VIDMOCK_KEPT_WHY } = process.env;
const mock = VIDMOCK_URL && new URL(VIDMOCK_URL);
const emulated = new Set(mock && VIDMOCK_HOSTS.split(","));
const allowed = new Set(VIDMOCK_ALLOW_HOSTS?.split(","));
const kept = VIDMOCK_KEPT_FROM?.split(",").map((pair) => pair.split("=")) ?? [];
const connect = net.Socket.prototype.connect;

// A name may end with a dot, and is the same one.
const bare = (host) => host?.toLowerCase().replace(/^\[(.*)\]$/, "$1").replace(/\.+$/, "");
const mockAddress = mock && { host: bare(mock.hostname), port: Number(mock.port || 80) };

// Also matches IPv4 addresses that are written as IPv6. Connecting to an unspecified address reaches this machine.
const here = new net.BlockList();
here.addSubnet("127.0.0.0", 8, "ipv4");
here.addAddress("0.0.0.0", "ipv4");
here.addAddress("::1", "ipv6");
here.addAddress("::", "ipv6");

const isLocal = (host) =>
  !host ||
  host === "localhost" ||
  host.endsWith(".localhost") ||
  host === mockAddress?.host ||
  (net.isIP(host) && here.check(host, `ipv${net.isIP(host)}`));

// Why *host* is not contacted, if it is not.
function refusal(host) {
  if (mock) return `${host} is not emulated: nothing leaves this machine (vidmock run --allow-host ${host})`;
  const [, provider] = kept.find(([domain]) => host === domain || host.endsWith(`.${domain}`)) ?? [];
  if (provider) return VIDMOCK_KEPT_WHY.replace("{host}", host).replace("{provider}", provider);
}

// The mock keeps the names of refused hosts, and lists them at the end of the run.
function report(host, port) {
  const reporter = new net.Socket();
  reporter.on("error", () => {});
  connect.call(reporter, mockAddress, () =>
    reporter.end(`CONNECT ${host}:${port} HTTP/1.1\r\nhost: ${host}\r\n\r\n`),
  );
  reporter.unref();
}

net.Socket.prototype.connect = function (...given) {
  const normalized = Array.isArray(given[0]) ? given[0] : given;
  const target =
    typeof normalized[0] === "object" ? normalized[0] : { port: normalized[0], host: normalized[1] };
  const done = normalized.findLast((value) => typeof value === "function");
  const host = bare(target?.host);
  if (target === null || target.path || isLocal(host) || allowed.has(host)) return connect.apply(this, given);
  if (emulated.has(host)) {
    const redirected = { ...target, ...mockAddress };
    return done ? connect.call(this, redirected, done) : connect.call(this, redirected);
  }
  const why = refusal(host);
  if (!why) return connect.apply(this, given);
  if (mock) report(host, target.port);
  process.nextTick(() => this.destroy(new Error(why)));
  return this;
};
syncBuiltinESMExports();

// Loaded into Node by `vidmock run` (NODE_OPTIONS=--import=…): Node's own fetch, WebSocket and https know nothing of
// HTTPS_PROXY, so the socket is the one place where every client can be led to the mock without a change.
import net from "node:net";
import { syncBuiltinESMExports } from "node:module";

const mock = new URL(process.env.VIDMOCK_URL);
const emulated = new Set(process.env.VIDMOCK_HOSTS.split(","));
const allowed = new Set(process.env.VIDMOCK_ALLOW_HOSTS?.split(","));
const connect = net.Socket.prototype.connect;

const bare = (host) => host?.toLowerCase().replace(/^\[(.*)\]$/, "$1");
const door = { host: bare(mock.hostname), port: Number(mock.port || 80) };

// It knows IPv4 addresses behind IPv6 ones; to connect to an unspecified address is to connect to this machine.
const here = new net.BlockList();
here.addSubnet("127.0.0.0", 8, "ipv4");
here.addAddress("0.0.0.0", "ipv4");
here.addAddress("::1", "ipv6");
here.addAddress("::", "ipv6");

const isLocal = (host) =>
  !host ||
  host === "localhost" ||
  host.endsWith(".localhost") ||
  host === door.host ||
  (net.isIP(host) && here.check(host, `ipv${net.isIP(host)}`));

// The mock counts what was refused, and says so at the end of the run.
function report(host, port) {
  const witness = new net.Socket();
  witness.on("error", () => {});
  connect.call(witness, door, () =>
    witness.end(`CONNECT ${host}:${port} HTTP/1.1\r\nhost: ${host}\r\n\r\n`),
  );
  witness.unref();
}

net.Socket.prototype.connect = function (...given) {
  const normalized = Array.isArray(given[0]) ? given[0] : given;
  const target =
    typeof normalized[0] === "object" ? normalized[0] : { port: normalized[0], host: normalized[1] };
  const done = normalized.findLast((value) => typeof value === "function");
  const host = bare(target?.host);
  if (target === null || target.path || isLocal(host) || allowed.has(host)) return connect.apply(this, given);
  if (emulated.has(host)) {
    const led = { ...target, ...door };
    return done ? connect.call(this, led, done) : connect.call(this, led);
  }
  report(host, target.port);
  process.nextTick(() =>
    this.destroy(
      new Error(`${host} is not emulated: nothing leaves this machine (vidmock run --allow-host ${host})`),
    ),
  );
  return this;
};
syncBuiltinESMExports();

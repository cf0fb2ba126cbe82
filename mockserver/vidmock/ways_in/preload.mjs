// Loaded into Node by `vidmock run` (NODE_OPTIONS=--import=…): Node's own fetch, WebSocket and https know nothing of
// HTTPS_PROXY, so the socket is the one place where every client can be led to the mock without a change.
import net from "node:net";
import { syncBuiltinESMExports } from "node:module";

const mock = new URL(process.env.VIDMOCK_URL);
const emulated = new Set(process.env.VIDMOCK_HOSTS.split(","));
const connect = net.Socket.prototype.connect;

const isLocal = (host) =>
  !host || host === "localhost" || host.endsWith(".localhost") || host === "::1" || host.startsWith("127.");

// The mock counts what was refused, and says so at the end of the run.
function report(host, port) {
  const witness = new net.Socket();
  witness.on("error", () => {});
  connect.call(witness, { host: mock.hostname, port: Number(mock.port) }, () =>
    witness.end(`CONNECT ${host}:${port} HTTP/1.1\r\nhost: ${host}\r\n\r\n`),
  );
  witness.unref();
}

net.Socket.prototype.connect = function (...given) {
  const normalized = Array.isArray(given[0]) ? given[0] : given;
  const target =
    typeof normalized[0] === "object" ? normalized[0] : { port: normalized[0], host: normalized[1] };
  const done = normalized.findLast((value) => typeof value === "function");
  if (target === null || target.path || isLocal(target.host)) return connect.apply(this, given);
  if (emulated.has(target.host)) {
    const led = { ...target, host: mock.hostname, port: Number(mock.port) };
    return done ? connect.call(this, led, done) : connect.call(this, led);
  }
  report(target.host, target.port);
  process.nextTick(() =>
    this.destroy(new Error(`${target.host} is not emulated: nothing leaves this machine (vidmock run --allow-host)`)),
  );
  return this;
};
syncBuiltinESMExports();

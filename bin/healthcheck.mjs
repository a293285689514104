/**
 * The container's health check: exit 0 when /healthz answers 200 within four seconds, else 1 with one line.
 *
 * Asks on the port of HTTP_LISTEN, at the address it is bound to, or loopback where that is every address.
 */
const listen = process.env.HTTP_LISTEN || '127.0.0.1:8025';
const url = `http://${listen.replace(/^0\.0\.0\.0:/, '127.0.0.1:').replace(/^\[::\]:/, '[::1]:')}/healthz`;

try {
  const { status } = await fetch(url, { signal: AbortSignal.timeout(4_000) });
  if (status !== 200) throw new Error(`status ${status}`);
} catch (error) {
  console.error(`${url}: ${error.message}`);
  process.exitCode = 1;
}

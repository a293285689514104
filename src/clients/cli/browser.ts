/** Opens an address in the browser of whoever sits at this machine. */
import { spawn } from 'node:child_process';

const OPENERS: Readonly<Record<string, readonly string[]>> = {
  darwin: ['open'],
  win32: ['rundll32', 'url.dll,FileProtocolHandler'],
};
/** An opener that has not failed by then has begun. */
const PATIENCE_MS = 2_000;

/** False: there is no browser to see, or it did not begin. */
export function openBrowser(
  url: string,
  env: Readonly<Record<string, string | undefined>>,
  platform: string,
): Promise<boolean> {
  const [command = 'xdg-open', ...args] = OPENERS[platform] ?? ['xdg-open'];
  const hasScreen = OPENERS[platform] !== undefined || (env['DISPLAY'] ?? env['WAYLAND_DISPLAY'] ?? '') !== '';
  if (!hasScreen) return Promise.resolve(false);
  return new Promise((resolve) => {
    const child = spawn(command, [...args, url], { stdio: 'ignore', detached: true });
    const timer = setTimeout(() => resolve(true), PATIENCE_MS);
    const end = (isOpen: boolean): void => {
      clearTimeout(timer);
      resolve(isOpen);
    };
    child.once('error', () => end(false));
    child.once('exit', (code) => end(code === 0));
    child.unref();
  });
}

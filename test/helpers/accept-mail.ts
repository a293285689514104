/** As little of a primary as takes mail: 220, 250 and 354 to whatever is said, on a socket that somebody else has accepted. */
import type { Socket } from 'node:net';

/** `onMessage` is called at each final dot, before its 250. */
export function acceptMail(socket: Socket, onMessage: () => void = () => undefined): void {
  socket.write('220 hello\r\n');
  let isContent = false;
  socket.on('data', (chunk: Buffer) => {
    const text = chunk.toString();
    if (isContent && !text.endsWith('\r\n.\r\n')) return;
    if (isContent) onMessage();
    socket.write(text.startsWith('DATA') ? '354 go\r\n' : '250 ok\r\n');
    isContent = text.startsWith('DATA');
  });
}

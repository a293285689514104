/**
 * `front-door`: what the checks at RCPT cost a sender that is welcome.
 *
 * Three tables: how long RCPT waits for its reply, by check; what a silent DNS list costs a client; how many messages a
 * second are accepted with every check on and hit, beside none, from 1,000 client addresses behind a trusted proxy.
 */
import { addAcceptDomains, ACCEPT_SCENE, measureAccept } from './front-door-accept.ts';
import { addReplyDomains, measureReplies } from './front-door-replies.ts';
import { openScene } from './front-door-scene.ts';
import { addSilentDomain, measureSilence, SILENT_ZONE } from './front-door-silence.ts';
import type { Report } from './report.ts';

/** One service for all three. */
export async function runFrontDoor(): Promise<readonly Report[]> {
  const scene = await openScene({ ...ACCEPT_SCENE, silentZones: [...ACCEPT_SCENE.silentZones, SILENT_ZONE] });
  try {
    await addReplyDomains(scene);
    await addSilentDomain(scene);
    await addAcceptDomains(scene);
    return [await measureReplies(scene), await measureSilence(scene), await measureAccept(scene)];
  } finally {
    await scene.remove();
  }
}

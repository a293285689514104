/** Generated sessions against the real listener: no crash, no fault, no reply and no message that the reference does not allow. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import * as fc from 'fast-check';
import { sendMessage } from '../inbound/fixture.ts';
import { runs, runsTimeoutMs } from './runs.ts';
import { type SessionScene, startSessionScene } from './session-scene.ts';
import { cutting, mutatedSession, pieces, session } from './sessions.ts';

describe.each(['reject', 'normalize'] as const)('with BARE_NEWLINES=%s', (bareNewlines) => {
  let scene: SessionScene;
  let messageCount = 0;

  beforeAll(async () => {
    scene = await startSessionScene({ bareNewlines, idleMs: 1000 });
  });

  afterAll(() => scene.close());

  /** Several sessions at once: that is quicker, and they must not disturb each other. */
  function several(stream: fc.Arbitrary<string>) {
    const sessions = fc.array(fc.tuple(stream, cutting), { minLength: 1, maxLength: 16, size: 'max' });
    return fc.asyncProperty(sessions, async (chosen) => {
      const played = await scene.play(chosen.map(([text, lengths]) => ({ pieces: pieces(text, lengths) })));
      messageCount += played.messages.length;
      if (played.complaint !== null) throw new Error(`${played.complaint}\nheard: ${JSON.stringify(played.heard)}`);
    });
  }

  test(
    'sessions in good order are answered as the reference says, and their messages stored octet for octet',
    async () => {
      await fc.assert(several(session), runs(180));
      // The test would see nothing if all were refused.
      expect(messageCount).toBeGreaterThan(200);
    },
    runsTimeoutMs(60),
  );

  test('sessions with octets changed, too', () => fc.assert(several(mutatedSession), runs(250)), runsTimeoutMs(60));

  test('afterwards the listener works and holds nothing', async () => {
    const peer = await scene.fixture.session();
    expect(await sendMessage(peer, 'Subject: still here\r\n\r\n')).toStartWith('250 ');
    peer.destroy();
    expect(scene.fixture.inbound.inFlightBytes()).toBe(0);
  });
});

/** Generated sessions against the real listener: no crash, no fault, no reply and no message that the reference does not allow. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import * as fc from 'fast-check';
import { sendMessage } from '../inbound/fixture.ts';
import { assertRuns, runs, runsTimeoutMs } from './runs.ts';
import { type SessionScene, startSessionScene } from './session-scene.ts';
import { cutting, mutatedSession, pieces, session } from './sessions.ts';

/** What an attacker between the two puts behind STARTTLS. */
const injection = fc.constantFrom(
  '',
  '',
  'EHLO evil.example\r\n',
  'EHLO evil.exa',
  'RSET\r\nMAIL FROM:<evil@evil.example>\r\nRCPT TO:<u@example.org>\r\nDATA\r\n',
  'DATA\r\n',
  'BDAT 1000\r\n',
);

describe.each(['reject', 'normalize'] as const)('with BARE_NEWLINES=%s', (bareNewlines) => {
  let scene: SessionScene;
  let [playCount, messageCount] = [0, 0];

  beforeAll(async () => {
    scene = await startSessionScene({ bareNewlines, idleMs: 1000 });
  });

  afterAll(() => scene.close());

  /** Several sessions at once: that is quicker, and they must not disturb each other. */
  function several(stream: fc.Arbitrary<string>) {
    const sessions = fc.array(fc.tuple(stream, cutting), { minLength: 1, maxLength: 16, size: 'max' });
    return fc.asyncProperty(sessions, async (chosen) => {
      const played = await scene.play(chosen.map(([text, lengths]) => ({ pieces: pieces(text, lengths) })));
      playCount += 1;
      messageCount += played.messages.length;
      if (played.complaint !== null) throw new Error(`${played.complaint}\nheard: ${JSON.stringify(played.heard)}`);
    });
  }

  test(
    'sessions in good order are answered as the reference says, and their messages stored octet for octet',
    async () => {
      await assertRuns(several(session), runs(180, 'COSTLY'));
      // The test would see nothing if all were refused.
      expect(messageCount).toBeGreaterThan(playCount);
    },
    runsTimeoutMs(60),
  );

  test(
    'sessions with octets changed, too',
    () => assertRuns(several(mutatedSession), runs(250, 'COSTLY')),
    runsTimeoutMs(60),
  );

  test(
    'under TLS they are the same, whatever was sent before the handshake (CVE-2011-0411)',
    async () => {
      const secured = fc.array(fc.tuple(fc.oneof(session, mutatedSession), cutting, injection), {
        minLength: 1,
        maxLength: 8,
        size: 'max',
      });
      let [securePlays, secureCount] = [0, 0];
      const property = fc.asyncProperty(secured, async (chosen) => {
        const played = await scene.play(
          chosen.map(([text, lengths, injected]) => ({ pieces: pieces(text, lengths), injected })),
        );
        securePlays += 1;
        secureCount += played.messages.length;
        if (played.complaint !== null) throw new Error(`${played.complaint}\nheard: ${JSON.stringify(played.heard)}`);
      });
      await assertRuns(property, runs(40));
      expect(secureCount).toBeGreaterThan(securePlays / 3);
    },
    runsTimeoutMs(60),
  );

  test('afterwards the listener works and holds nothing', async () => {
    const peer = await scene.fixture.session();
    expect(await sendMessage(peer, 'Subject: still here\r\n\r\n')).toStartWith('250 ');
    peer.destroy();
    expect(scene.fixture.inbound.inFlightBytes()).toBe(0);
  });
});

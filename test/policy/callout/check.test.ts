/** The call-ahead against a primary that answers: what is asked, what is kept of it, and what the sender hears (protocol 41-51). */
import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { parseForgetNotice } from '../../../src/verification/answers.ts';
import { forgetAnswers } from '../../../src/domains/destination.ts';
import { createRecipientStatuses } from '../../../src/verification/recipient-status.ts';
import { OPERATOR_VIEWER } from '../../../src/mail/viewer.ts';
import { openScene, type Scene, soon } from '../call-ahead-scene.ts';

const DAY = 86_400;

let scene: Scene;
beforeEach(async () => {
  scene = await openScene();
});
afterEach(() => scene.close());

const count = (address: string) => scene.asked().filter((asked) => asked === address).length;

describe('a primary that answers', () => {
  test('41: it is asked with <>, a refusal confirmed with probe@ our name, and never hears DATA', async () => {
    const node = scene.node();
    const domain = await scene.domain();
    scene.mailboxes('alice');
    expect(await node.rcpt(domain, 'alice')).toBe('250');
    expect(await node.rcpt(domain, 'nobody')).toBe('550 BMX-PRIMARY');
    const commands = scene.primary.sessions.flatMap((session) => session.commands);
    expect(commands.filter((line) => line.startsWith('MAIL FROM:<>')).length).toBeGreaterThan(0);
    expect(commands).toContain('MAIL FROM:<probe@mx.backup.test>');
    expect(count(`nobody@${domain.name}`)).toBe(2);
    expect(commands.some((line) => /^(DATA|BDAT)/.test(line))).toBe(false);
    expect(scene.primary.messages).toEqual([]);
  });

  test('42, 43: only a clear word on the mailbox refuses; greylisting and policy accept and are not kept', async () => {
    const node = scene.node();
    const domain = await scene.domain();
    const replies: Record<string, string> = {
      gone: '550 5.1.1 No such user',
      mute: '550 Requested action not taken: mailbox unavailable',
      grey: '451 4.7.1 Greylisted',
      full: '452 4.2.2 Mailbox full',
      policy: '550 5.7.1 We do not like this',
    };
    scene.primary.setMode({ rcptVerdict: (address) => replies[address.split('@')[0] ?? ''] ?? null });
    const heard = await Promise.all(Object.keys(replies).map((localPart) => node.rcpt(domain, localPart)));
    expect(heard[0]).toBe('550 BMX-PRIMARY');
    expect(heard.slice(2)).toEqual(['250', '250', '250']);
    for (const localPart of ['grey', 'full', 'policy']) expect(await scene.row(domain, localPart)).toBeNull();
    await node.primaries.flush();
    const [row] = await scene.db.sql`
      select blocked_reply, blocked_at is not null as is_blocked from primaries where destination_id = ${domain.destinationId}`;
    expect(row).toEqual({ blocked_reply: '550 5.7.1 We do not like this', is_blocked: true });
  });

  test('a primary that refuses to talk accepts, and is noted as blocking us', async () => {
    const node = scene.node();
    const domain = await scene.domain({ unknownWhileDown: { policy: 'DEFER', hours: 4 } });
    scene.primary.setMode({ greeting: '554 5.7.1 Not you' });
    expect(await node.rcpt(domain, 'alice')).toBe('250');
    scene.primary.setMode({ greeting: '421 4.3.2 Too busy' });
    expect(await node.rcpt(domain, 'alice')).toBe('250');
    await node.primaries.flush();
    const [row] = await scene.db
      .sql`select blocked_reply from primaries where destination_id = ${domain.destinationId}`;
    expect(row?.['blocked_reply']).toBe('554 5.7.1 Not you');
  });

  test('43a: of a recipient known good the first refusal answers 450, the second after 15 minutes 550, a yes clears it', async () => {
    const node = scene.node();
    const domain = await scene.domain();
    node.learned.note(domain.destinationId, `Alice@${domain.name}`);
    node.learned.note(domain.destinationId, `bob@${domain.name}`);
    await node.learned.flush();
    scene.mailboxes('carol');
    expect(await node.rcpt(domain, 'alice')).toBe('450 BMX-LATER');
    expect(await node.rcpt(domain, 'bob')).toBe('450 BMX-LATER');
    await scene.pass(14 * 60);
    const before = scene.asked().length;
    expect(await node.rcpt(domain, 'alice')).toBe('450 BMX-LATER');
    expect(scene.asked().length).toBe(before);
    await scene.pass(61);
    expect(await node.rcpt(domain, 'alice')).toBe('550 BMX-PRIMARY');
    scene.mailboxes('bob');
    expect(await node.rcpt(domain, 'bob')).toBe('250');
    expect(await scene.row(domain, 'bob')).toMatchObject({ answer: 'POSITIVE', is_suspected: false });
    // Confirmed once, the next refusal needs no other.
    await scene.pass(2 * 3600 + 1);
    expect(await node.rcpt(domain, 'alice')).toBe('550 BMX-PRIMARY');
  });

  test('43a: a listed recipient is known good, also where an answer from before the listing says no', async () => {
    const node = scene.node();
    const domain = await scene.domain();
    scene.mailboxes('carol');
    expect(await node.rcpt(domain, 'alice')).toBe('550 BMX-PRIMARY');
    const listed = { ...domain, recipientList: { count: 1, revision: 1 } };
    expect(await node.rcpt(listed, 'alice')).toBe('450 BMX-LATER');
    await scene.pass(16 * 60);
    expect(await node.rcpt(listed, 'alice')).toBe('550 BMX-PRIMARY');
  });

  test('43a: a delivery clears the suspicion and takes a refusal back', async () => {
    const node = scene.node();
    const domain = await scene.domain();
    scene.mailboxes('carol');
    expect(await node.rcpt(domain, 'alice')).toBe('550 BMX-PRIMARY');
    node.learned.note(domain.destinationId, `alice@${domain.name}`);
    await node.learned.flush();
    expect(await scene.row(domain, 'alice')).toMatchObject({ answer: null, is_suspected: false, is_delivered: true });
    scene.mailboxes('alice');
    expect(await node.rcpt(domain, 'alice')).toBe('250');
  });

  test('43a: a delivery between two refusals clears the suspicion also where one shortly before has been noted', async () => {
    const node = scene.node();
    const domain = await scene.domain();
    const deliver = async (): Promise<void> => {
      node.learned.note(domain.destinationId, `alice@${domain.name}`);
      await node.learned.flush();
    };
    scene.mailboxes();
    await deliver();
    await scene.pass(60);
    expect(await node.rcpt(domain, 'alice')).toBe('450 BMX-LATER');
    await scene.pass(14 * 60);
    await deliver();
    await scene.pass(2 * 60);
    expect(await node.rcpt(domain, 'alice')).toBe('450 BMX-LATER');
    await scene.pass(16 * 60);
    expect(await node.rcpt(domain, 'alice')).toBe('550 BMX-PRIMARY');
    await deliver();
    expect(await scene.row(domain, 'alice')).toMatchObject({ answer: null });
  });

  test('44: answers hold 7 days and 2 hours, in Postgres: another node and a restart ask nobody', async () => {
    const domain = await scene.domain();
    scene.mailboxes('alice');
    const first = scene.node();
    expect(await first.rcpt(domain, 'alice')).toBe('250');
    expect(await first.rcpt(domain, 'nobody')).toBe('550 BMX-PRIMARY');
    expect(await scene.row(domain, 'alice')).toMatchObject({
      answer: 'POSITIVE',
      expires_in: 7 * DAY,
      refresh_in: DAY,
    });
    expect(await scene.row(domain, 'nobody')).toMatchObject({ answer: 'NEGATIVE', expires_in: 7200, refresh_in: 1800 });
    await first.callAhead.close();
    await scene.primary.stop();
    const second = scene.node();
    expect(await second.rcpt(domain, 'ALICE')).toBe('250');
    expect(await second.rcpt(domain, 'Nobody')).toBe('550 BMX-PRIMARY');
    // From memory the answer is there without a pause.
    const { answers } = second;
    const recipient = { destinationId: domain.destinationId, tenantId: domain.tenantId, localPart: 'alice' };
    expect(answers.recall(recipient)?.answer).toBe('POSITIVE');
  });

  test('44: what gets old is asked anew behind the sender’s back; failure keeps the old answer', async () => {
    const node = scene.node();
    const domain = await scene.domain();
    scene.mailboxes('alice');
    await node.rcpt(domain, 'alice');
    await soon('the test with a random name', () => count(`RANDOM@${domain.name}`) > 0);
    await scene.pass(DAY + 60);
    scene.primary.setMode({ rcptVerdict: null, rcpt: '451 4.3.0 Try later' });
    const greyed = count(`alice@${domain.name}`);
    expect(await node.rcpt(domain, 'alice')).toBe('250');
    await soon('a refresh', () => count(`alice@${domain.name}`) > greyed);
    expect(await scene.row(domain, 'alice')).toMatchObject({ answer: 'POSITIVE', expires_in: 6 * DAY - 60 });
    await node.callAhead.close();

    await scene.primary.stop();
    const second = scene.node();
    expect(await second.rcpt(domain, 'alice')).toBe('250');
    await second.callAhead.close();
    expect(await scene.row(domain, 'alice')).toMatchObject({ answer: 'POSITIVE', expires_in: 6 * DAY - 60 });

    await scene.primary.start();
    scene.primary.setMode({ rcpt: null });
    const third = scene.node();
    expect(await third.rcpt(domain, 'alice')).toBe('250');
    await soon('a new answer', async () => (await scene.row(domain, 'alice'))?.expires_in === 7 * DAY);
    // One refresh for however many ask.
    const after = count(`alice@${domain.name}`);
    await Promise.all(Array.from({ length: 50 }, () => third.rcpt(domain, 'alice')));
    expect(count(`alice@${domain.name}`)).toBe(after);
    expect([...node.faults, ...second.faults, ...third.faults]).toEqual([]);
  });

  test('45: many who ask for one mailbox at once cause one question', async () => {
    const node = scene.node();
    const domain = await scene.domain();
    scene.mailboxes('alice');
    scene.primary.setMode({ tarpitMs: 20 });
    const heard = await Promise.all(Array.from({ length: 200 }, () => node.rcpt(domain, 'alice')));
    expect(new Set(heard)).toEqual(new Set(['250']));
    expect(count(`alice@${domain.name}`)).toBe(1);
  });

  test('several mailboxes are asked for on one connection, at most two at a time', async () => {
    const node = scene.node();
    const domain = await scene.domain();
    const names = Array.from({ length: 12 }, (_, index) => `user${index}`);
    scene.mailboxes(...names);
    const heard = await Promise.all(names.map((name) => node.rcpt(domain, name)));
    expect(new Set(heard)).toEqual(new Set(['250']));
    expect(scene.askedFor().length).toBe(12);
    expect(scene.primary.sessions.length).toBeLessThanOrEqual(2);
  });

  test('50: the refusal names neither the primary nor its words', async () => {
    const node = scene.node();
    const domain = await scene.domain();
    scene.mailboxes();
    const decision = await node.callAhead.check({
      client: { address: '192.0.2.9', name: null, ehloName: 'x', protocol: 'ESMTP', tls: null },
      mail: { reversePath: null, sizeBytes: null },
      localPart: 'nobody',
      domain,
      isRole: false,
    });
    expect(decision).toEqual({
      kind: 'REFUSE',
      reply: {
        code: 550,
        enhancedCode: '5.1.1',
        text: "the domain's mail server says that there is no such mailbox",
        rejection: 'BMX-PRIMARY',
      },
    });
    expect((await scene.row(domain, 'nobody'))?.reply).toBe('550 5.1.1 No mailbox at primary.example');
  });

  test('51: a mailbox made after the refusal is taken when that expires, or at once by forget, on every node', async () => {
    const node = scene.node();
    const other = scene.node();
    const domain = await scene.domain();
    scene.mailboxes();
    for (const localPart of ['new', 'soon']) expect(await node.rcpt(domain, localPart)).toBe('550 BMX-PRIMARY');
    expect(await other.rcpt(domain, 'new')).toBe('550 BMX-PRIMARY');
    scene.mailboxes('new', 'soon');
    expect(await node.rcpt(domain, 'new')).toBe('550 BMX-PRIMARY');

    const heard: string[] = [];
    const { unlisten } = await scene.db.sql.listen('backup_mx_settings', (payload) => {
      heard.push(payload);
      const notice = parseForgetNotice(payload);
      if (notice !== null) other.callAhead.forget(notice);
    });
    const statuses = createRecipientStatuses({
      sql: scene.db.sql,
      isListed: () => false,
      onForgotten: node.callAhead.forget,
    });
    expect(await statuses.forgetRecipient(OPERATOR_VIEWER, `New@${domain.name}`)).toEqual({ kind: 'DONE' });
    expect(await node.rcpt(domain, 'new')).toBe('250');
    await soon('the notices', () => heard.length > 1);
    await unlisten();
    expect(heard).toEqual(['new', 'New'].map((localPart) => `recipient:${domain.destinationId}:${localPart}`));
    expect(await other.rcpt(domain, 'new')).toBe('250');

    await scene.pass(2 * 3600 + 1);
    expect(await node.rcpt(domain, 'soon')).toBe('250');
  });

  test('51: what was asked before forget is not kept when it is answered after it', async () => {
    const node = scene.node();
    const domain = await scene.domain();
    scene.mailboxes();
    scene.primary.setMode({ tarpitMs: 50 });
    const asking = node.rcpt(domain, 'new');
    await scene.primary.waitFor(() => count(`new@${domain.name}`) > 0, 'the question');
    node.callAhead.forget({ destinationId: domain.destinationId, localPart: 'new' });
    await asking;
    expect(await scene.row(domain, 'new')).toBeNull();
    scene.mailboxes('new');
    expect(await node.rcpt(domain, 'new')).toBe('250');
  });

  test('51: nor is what is being stored when it is forgotten', async () => {
    const node = scene.node();
    const domain = await scene.domain();
    scene.mailboxes();
    const recipient = { destinationId: domain.destinationId, localPart: 'new' };
    const asking: Promise<string>[] = [];
    await scene.db.sql.begin(async (transaction) => {
      await transaction`lock table recipient_answers in exclusive mode`;
      asking.push(node.rcpt(domain, 'new'));
      await soon('the answer waits for the lock', async () => {
        // A copy of a template has its tables' numbers: the database tells them apart.
        const rows = await scene.db.sql`
          select from pg_locks join pg_database on pg_database.oid = database
          where not granted and relation = 'recipient_answers'::regclass and datname = current_database()`;
        return rows.length > 0;
      });
      // As recipientForget does, which has nothing to change yet.
      node.callAhead.forget(recipient);
    });
    expect(await Promise.all(asking)).toEqual(['250']);
    expect(await scene.row(domain, 'new')).toMatchObject({ answer: null });
    scene.mailboxes('new');
    expect(await node.rcpt(domain, 'new')).toBe('250');
  });

  test('what is behind the domain’s delimiter is not asked for', async () => {
    const node = scene.node();
    const domain = await scene.domain({ recipientList: { count: 0, revision: 0 }, recipientDelimiter: '+' });
    scene.mailboxes('alice');
    expect(await node.rcpt(domain, 'Alice+one')).toBe('250');
    expect(await node.rcpt(domain, 'alice+two')).toBe('250');
    expect(scene.askedFor()).toEqual([`alice@${domain.name}`]);
    node.learned.note(domain.destinationId, `bob+tag@${domain.name}`);
    await node.learned.flush();
    expect(await scene.row(domain, 'bob')).toMatchObject({ is_delivered: true });
  });

  test('what the old primary refused is asked of the new one at once, on every node', async () => {
    const nodes = [scene.node(), scene.node()];
    const domain = await scene.domain();
    scene.mailboxes('alice');
    for (const node of nodes) expect(await node.rcpt(domain, 'bob')).toBe('550 BMX-PRIMARY');
    // The same machine by another name.
    const moved = { ...domain, deliverTo: [{ host: 'localhost', port: scene.primary.port }] };
    await scene.db
      .sql`update domains set deliver_to = ${JSON.stringify(moved.deliverTo)}::text::jsonb where id = ${domain.id}`;
    await forgetAnswers(scene.db.sql, [domain.destinationId], 'REFUSALS');
    scene.mailboxes('bob');
    for (const node of nodes) expect(await node.rcpt(moved, 'bob')).toBe('250');
  });

  test('a mailbox with the delimiter or a capital in its name is asked for as it is, before it is refused', async () => {
    const node = scene.node();
    const domain = await scene.domain({ recipientList: { count: 0, revision: 0 }, recipientDelimiter: '-' });
    scene.mailboxes('list-owner', 'Bob', 'anne');
    expect(await node.rcpt(domain, 'list-owner')).toBe('250');
    expect(await node.rcpt(domain, 'list-nobody')).toBe('550 BMX-PRIMARY');
    expect(await node.rcpt(domain, 'list')).toBe('550 BMX-PRIMARY');
    expect(await node.rcpt(domain, 'list-owner')).toBe('250');
    expect(await node.rcpt(domain, 'bob')).toBe('550 BMX-PRIMARY');
    expect(await node.rcpt(domain, 'Bob')).toBe('250');
    expect(await node.rcpt(domain, 'BOB')).toBe('550 BMX-PRIMARY');
    const before = scene.asked().length;
    for (const name of ['list-nobody', 'BOB']) expect(await node.rcpt(domain, name)).toBe('550 BMX-PRIMARY');
    expect(scene.asked().length).toBe(before);
    // While it cannot be asked, another case is no other name; another name is one.
    await scene.openOutage(domain);
    expect(await node.rcpt(domain, 'boB')).toBe('550 BMX-PRIMARY');
    expect(await node.rcpt(domain, 'list-other')).toBe('250');
  });

  test('a listed name with the delimiter in it is refused neither at once nor when its base is confirmed to be unknown', async () => {
    const node = scene.node();
    const domain = await scene.domain({ recipientList: { count: 1, revision: 1 }, recipientDelimiter: '-' });
    scene.mailboxes('john-smith');
    for (let times = 0; times < 3; times += 1) {
      expect(await node.rcpt(domain, 'john-smith')).toBe('250');
      await scene.pass(16 * 60);
    }
  });

  test('postmaster@ meets the call-ahead too; a domain with it off asks nobody', async () => {
    const node = scene.node();
    const domain = await scene.domain();
    scene.mailboxes('alice');
    expect(await node.rcpt(domain, 'postmaster')).toBe('550 BMX-PRIMARY');
    const before = scene.asked().length;
    expect(await node.rcpt({ ...domain, hasCallAheads: false }, 'nobody')).toBe('250');
    expect(scene.asked().length).toBe(before);
  });
});

describe('47: a primary that takes any recipient', () => {
  test('is found by a random name, once, in the same session; then nobody is asked for, until a refusal shows otherwise', async () => {
    const node = scene.node();
    const domain = await scene.domain();
    await node.rcpt(domain, 'alice');
    await soon('the mark', async () => (await node.primaries.find(domain.destinationId)).isCatchAll);
    expect(scene.asked()).toEqual([`alice@${domain.name}`, `RANDOM@${domain.name}`]);
    expect(scene.primary.sessions.length).toBe(1);
    const other = scene.node();
    for (const localPart of ['bob', 'carol']) expect(await other.rcpt(domain, localPart)).toBe('250');
    expect(scene.asked().length).toBe(2);

    scene.mailboxes('alice');
    node.primaries.noteNegative(domain.destinationId);
    await node.primaries.flush();
    expect(await node.rcpt(domain, 'dave')).toBe('550 BMX-PRIMARY');
    // A refusal within seven days is knowledge enough.
    await scene.pass(6 * DAY);
    expect(await node.rcpt(domain, 'erin')).toBe('550 BMX-PRIMARY');
    await scene.pass(6 * DAY);
    await node.rcpt(domain, 'alice');
    await node.callAhead.close();
    expect(count(`RANDOM@${domain.name}`)).toBe(1);
  });

  test('is tried again after seven days, by one of all nodes; one that refuses the random name is none', async () => {
    const domain = await scene.domain();
    scene.mailboxes('alice', 'bob', 'carol', 'dave');
    const nodes = [scene.node(), scene.node(), scene.node()];
    const names = ['alice', 'bob', 'carol'];
    await Promise.all(nodes.map((node, index) => node.rcpt(domain, names[index] ?? '')));
    // Confirmed with the probe sender. Who is closed before that asks no second time.
    await soon('the test', () => count(`RANDOM@${domain.name}`) >= 2);
    await Promise.all(nodes.map((node) => node.callAhead.close()));
    expect(count(`RANDOM@${domain.name}`)).toBe(2);
    await scene.pass(8 * DAY);
    const later = scene.node();
    await later.rcpt(domain, 'dave');
    await soon('another test', () => count(`RANDOM@${domain.name}`) === 4);
    expect((await later.primaries.find(domain.destinationId)).isCatchAll).toBe(false);
  });
});

describe('48: who is never asked', () => {
  test('ourselves, a peer behind us, and a lower MX than the primary', async () => {
    await scene.close();
    scene = await openScene({
      'ours.test': { MX: [[10, 'mx.backup.test']] },
      'peer.test': {
        MX: [
          [10, 'primary.test'],
          [15, 'other.test'],
          [20, 'mx.backup.test'],
          [30, 'peer.test'],
        ],
      },
      'primary.test': { A: ['127.0.0.9'] },
      'other.test': { A: ['127.0.0.1'] },
      'mx.backup.test': { A: ['127.0.0.1'] },
    });
    const node = scene.node();
    // Nothing listens at 127.0.0.9; the fake primary stands for every other host.
    const peer = await scene.domain({ name: 'peer.test', deliverTo: [] });
    const ours = await scene.domain({ name: 'ours.test', deliverTo: [] });
    for (const domain of [peer, ours]) expect(await node.rcpt(domain, 'alice')).toBe('250');
    expect(scene.primary.sessions.length).toBe(0);
    scene.dns.set('primary.test', { A: ['127.0.0.1'] });
    await scene.pass(61);
    await node.rcpt(peer, 'alice');
    expect(scene.askedFor()).toEqual(['alice@peer.test']);
  });
});

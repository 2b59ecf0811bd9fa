import { describe, expect, it } from 'vitest';

import { putBack } from '../../../src/operations/prove-fence/put-back.ts';
import type { Subject } from '../../../src/operations/prove-fence/subject.ts';
import { hostNqn } from '../../fakes/fake-node.ts';
import { aDisk } from '../../fakes/fake-server.ts';
import { failure } from '../../fakes/outcome.ts';
import { anAttachment, anIntent, aState, granted, makeWorld, tagged } from '../../fakes/world.ts';

const volume = { key: 'rds1/vol-1', rds: 'rds1', slot: 'vol-1' };
const CUT = anAttachment({ phase: 'fencing', token: 6, intent: anIntent({ verb: 'fence', token: 6 }) });

/** A proof that ended in the middle of its cut. */
async function setup(attachment = CUT, disk = granted('node-1', 5)) {
  const world = makeWorld({ disks: [disk], state: aState([attachment]) });
  const { context, server } = world;
  const lock = await world.store.lock({ name: volume.key, timeoutMs: 0 });
  const trail = { changed: () => undefined, token: null, node: null, volume: null, note: null };
  const subject: Subject = {
    context,
    volume,
    node: 'node-1',
    server,
    port: world.node('node-1'),
    attachment,
    hostNqn: hostNqn('node-1'),
    nqn: 'nqn.2000-02.com.mikrotik:vol-1',
    address: '10.77.0.1',
    tcpPort: 4420,
    view: await world.node('node-1').observe({ usesOf: [] }),
    version: '7.21.5',
    comment: disk.comment,
    trail,
    lock,
  };
  return {
    ...world,
    run: () => putBack(subject),
    revokes: () => world.log.filter((one) => /revoke/.test(one)),
  };
}

describe('what a proof puts back', () => {
  it('a cut that was begun is made once more, read back and drained, and the claim dropped', async () => {
    const { run, server, store } = await setup();
    await run();
    expect(server.disk('vol-1')).toMatchObject({ exported: false, comment: tagged([], 6) });
    expect(store.state.attachments).toEqual({});
  });

  it.each([
    ['another state', tagged(['node-3'], 2, '', '00000000-1111-4222-8333-444444444444'), 'FOREIGN_TAG'],
    ['a newer copy of this one', tagged(['node-3'], 9), 'STALE_STATE'],
  ])('is nothing that %s granted meanwhile', async (_who, comment, reason) => {
    const { run, server, revokes, store } = await setup(CUT, granted('node-3', 9, { comment }));
    expect((await failure(run())).reason).toBe(reason);
    expect(revokes()).toEqual([]);
    expect(server.disk('vol-1')).toMatchObject({ exported: true, comment });
    expect(store.state.attachments[volume.key]).toMatchObject({ phase: 'fencing' });
  });

  it('is nothing that another command is at, of this node or of another', async () => {
    const [holder] = anAttachment().holders;
    for (const node of ['node-1', 'node-3']) {
      const theirs = anAttachment({
        phase: 'attaching',
        token: 6,
        holders: [{ ...holder, node }],
        intent: anIntent({ node, token: 6 }),
      });
      const { run, revokes, store } = await setup(theirs, granted(node, 6));
      expect((await failure(run())).reason).toBe('LOST_LOCK');
      expect(revokes()).toEqual([]);
      expect(store.state.attachments[volume.key]).toEqual(theirs);
    }
  });

  it('is nothing at all once the lock is lost: the node may have it anew', async () => {
    const { run, store, node, revokes } = await setup();
    store.lose(volume.key);
    expect((await failure(run())).reason).toBe('LOST_LOCK');
    expect(node('node-1').disconnects).toEqual([]);
    expect(revokes()).toEqual([]);
  });

  it('and nothing is revoked once it is lost on the way', async () => {
    const { run, store, server, revokes } = await setup(CUT, aDisk({ comment: tagged([], 5) }));
    const look = server.look.bind(server);
    server.look = (slots, options) => {
      store.lose(volume.key);
      return look(slots, options);
    };
    expect((await failure(run())).reason).toBe('LOST_LOCK');
    expect(revokes()).toEqual([]);
  });
});

import { describe, expect, it } from 'vitest';

import { requireNode, resolveVolume } from '../../src/operations/resolve.ts';
import { aDisk } from '../fakes/fake-server.ts';
import { emptyState } from '../fakes/memory-store.ts';
import { failure } from '../fakes/outcome.ts';
import { aConfig, anAttachment, anything, aState, makeWorld } from '../fakes/world.ts';

const two = (state = emptyState()) => makeWorld({ config: aConfig({}, ['rds1', 'rds2']), state });

describe('resolveVolume', () => {
  it('takes the one storage server there is, asking nobody', async () => {
    const { context, log } = makeWorld();
    expect(await resolveVolume(context, 'vol-1', anything)).toEqual({
      key: 'rds1/vol-1',
      rds: 'rds1',
      slot: 'vol-1',
    });
    expect(log).toEqual([]);
  });

  it('takes the storage server that was said', async () => {
    const { context } = two();
    expect((await resolveVolume(context, 'rds2/vol-1', anything)).key).toBe('rds2/vol-1');
  });

  it('of several takes the one that the state knows, before any is asked', async () => {
    const { context, log } = two(aState([anAttachment({ rds: 'rds2' })]));
    expect((await resolveVolume(context, 'vol-1', anything)).key).toBe('rds2/vol-1');
    expect(log).toEqual([]);
  });

  it('of several takes the one that has it, and refuses to choose', async () => {
    const { context, servers } = two();
    expect((await resolveVolume(context, 'vol-1', anything)).key).toBe('rds1/vol-1');
    servers.get('rds2')?.disks.set('vol-1', aDisk());
    const error = await failure(resolveVolume(context, 'vol-1', anything));
    expect(error).toMatchObject({ reason: 'AMBIGUOUS_VOLUME', exitCode: 2 });
    expect(error.hints.map(({ run }) => run)).toEqual(['rds1/vol-1', 'rds2/vol-1']);
    expect((await failure(resolveVolume(context, 'vol-7', anything))).reason).toBe('NO_SUCH_VOLUME');
  });

  it('of several does not guess while one can not be asked', async () => {
    const { context, servers } = two();
    servers.get('rds2')?.lookFaults.push('refused');
    expect((await failure(resolveVolume(context, 'vol-1', anything))).exitCode).toBe(6);
  });

  it('keeps to what the configuration lets it touch', async () => {
    const { context } = two();
    expect((await resolveVolume(context, 'vol-1', (rds) => rds === 'rds2')).key).toBe('rds2/vol-1');
    for (const name of ['vol-1', 'rds1/vol-1']) {
      expect((await failure(resolveVolume(context, name, () => false))).reason).toBe('NO_SUCH_VOLUME');
    }
    expect((await failure(resolveVolume(context, 'rds3/vol-1', anything))).reason).toBe(
      'NO_SUCH_STORAGE_SERVER',
    );
  });

  it('takes no name for a storage server that only every object has', async () => {
    const { context } = makeWorld();
    expect((await failure(resolveVolume(context, 'constructor/vol-1', anything))).reason).toBe(
      'NO_SUCH_STORAGE_SERVER',
    );
    expect((await failure(() => requireNode(context, 'constructor'))).reason).toBe('NO_SUCH_NODE');
  });
});

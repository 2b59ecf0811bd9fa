import type { ExportModel, TargetExport } from '../../src/simulator/target/export-model.ts';

/** What stands behind a simulated RouterOS, noted down. */
export class MemoryTarget implements ExportModel {
  /** Every state that an export was brought to, in order. */
  readonly applied: TargetExport[] = [];
  busy = 0;

  createVolume(): Promise<void> {
    return Promise.resolve();
  }

  removeVolume(): Promise<void> {
    return Promise.resolve();
  }

  apply(wanted: TargetExport): Promise<void> {
    this.applied.push({ ...wanted });
    return Promise.resolve();
  }

  inFlight(): Promise<number> {
    return Promise.resolve(this.busy);
  }

  sessions(): Promise<readonly { hostNqn: string }[]> {
    return Promise.resolve([]);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

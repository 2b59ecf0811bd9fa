import { describe, expect, test } from 'vitest';
import { makeDevice } from './fixture.ts';

const RULE =
  '/ip/firewall/raw add chain=prerouting protocol=tcp dst-port=4420 src-address-list=rdsctl-fenced action=drop comment=rdsctl';

describe('the firewall drops what its rules say', () => {
  test('a drop rule with an address list cuts exactly the listed addresses', async () => {
    const { exec, device } = await makeDevice();
    expect(await exec(RULE)).toBe('');
    expect(device.drops('10.0.0.5', 4420)).toBe(false);
    expect(
      await exec('/ip/firewall/address-list add list=rdsctl-fenced address=10.0.0.5 comment=node-1'),
    ).toBe('');
    expect(['10.0.0.5', '10.0.0.50'].map((source) => device.drops(source, 4420))).toEqual([true, false]);
    expect(device.drops('10.0.0.5', 22)).toBe(false);
    await exec('/ip/firewall/address-list remove [find where list=rdsctl-fenced and address=10.0.0.5]');
    expect(device.drops('10.0.0.5', 4420)).toBe(false);
  });

  test('order counts, disabled rules do not', async () => {
    const { exec, device } = await makeDevice();
    await exec('/ip/firewall/address-list add list=rdsctl-fenced address=10.0.0.0/24');
    await exec('/ip/firewall/raw add chain=prerouting action=accept');
    await exec(RULE);
    expect(device.drops('10.0.0.5', 4420)).toBe(false);
    await exec('/ip/firewall/raw move [find where comment=rdsctl] 0');
    expect(device.drops('10.0.0.5', 4420)).toBe(true);
    await exec('/ip/firewall/raw disable [find where comment=rdsctl]');
    expect(device.drops('10.0.0.5', 4420)).toBe(false);
    await exec(`${RULE.replace('comment=rdsctl', 'comment=again')} place-before=0`);
    expect(device.drops('10.0.0.5', 4420)).toBe(true);
  });

  test('IPv6 likewise', async () => {
    const { exec, device } = await makeDevice();
    await exec(RULE.replace('/ip/', '/ipv6/'));
    await exec('/ipv6/firewall/address-list add list=rdsctl-fenced address=fd00::5');
    expect([device.drops('fd00::5', 4420), device.drops('fd00::6', 4420)]).toEqual([true, false]);
  });
});

test.each([
  ['/ip/firewall/address-list add list=x', 'missing value(s) of argument(s) address'],
  ['/ip/firewall/address-list add list=x address=300.1.1.1', 'invalid value for argument address'],
  ['/ip/firewall/raw add chain=prerouting action=explode', 'input does not match any value of action'],
  ['/ip/firewall/raw add action=drop', 'missing value(s) of argument(s) chain'],
])('%s: %s', async (line, error) => {
  const { exec } = await makeDevice();
  expect(await exec(line)).toBe(error);
});

test('the same address twice is an error', async () => {
  const { exec } = await makeDevice();
  await exec('/ip/firewall/address-list add list=x address=10.0.0.5');
  expect(await exec('/ip/firewall/address-list add list=x address=10.0.0.5')).toBe(
    'failure: already have such entry',
  );
});

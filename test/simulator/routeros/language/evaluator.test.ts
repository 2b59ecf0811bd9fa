import { describe, expect, it } from 'vitest';

import { output, run } from './fake-host.ts';

const JSON_OPTION = 'options=json.no-string-conversion';

describe('a check and a change in one script', () => {
  const change = (slot: string): string =>
    `:onerror e in={ :local d [/disk find where slot="${slot}"]; ` +
    ':if ([:len $d]!=1) do={:error "RDSCTL no such disk"}; ' +
    ':local c [:tostr [/disk get $d comment]]; :if ($c!="mine") do={:error "RDSCTL taken"}; ' +
    '/disk set $d nvme-tcp-export=no comment="node-b;7"; ' +
    `:put [:serialize to=json value=[/disk print detail as-value where slot="${slot}"] ${JSON_OPTION}]; ` +
    ':put "OK abc123" } do={ :put ("ERR abc123 " . $e) }';

  it('changes and reads back', async () => {
    const { lines, calls, error } = await run(change('vol-1'));
    expect(error).toBeUndefined();
    expect(lines).toEqual([
      '[{".id":"*1F","comment":"node-b;7","nvme-tcp-export":"no","size":1099511627776,"slot":"vol-1"}]',
      'OK abc123',
    ]);
    const set = calls.find((call) => call.command === 'set');
    expect([...(set?.args.keys() ?? [])]).toEqual(['numbers', 'nvme-tcp-export', 'comment']);
    const print = calls.find((call) => call.command === 'print');
    expect([...(print?.flags ?? [])]).toEqual(['detail', 'as-value']);
  });

  it('says why it did not', async () => {
    const { lines, error } = await run(change('vol-2'));
    expect(error).toBeUndefined();
    expect(lines).toEqual(['ERR abc123 RDSCTL no such disk (:error; line 1)']);
  });

  it('reads the traffic, the version, and adds to a list', async () => {
    const { lines, calls } = await run(
      `:local d [/disk find where slot="vol-1"]; :put [:serialize to=json value=[/disk monitor-traffic numbers=$d once as-value] ${JSON_OPTION}]; ` +
        ':put [/system/resource/get version]; /ip/firewall/address-list/add list=fenced address=10.0.0.5 comment="a b" timeout=1h',
    );
    expect(lines).toEqual(['[{"in-flight-ops":0}]', '7.23.3']);
    expect(calls.at(-1)?.args.get('list')).toBe('fenced');
    expect(calls.at(-1)?.args.get('timeout')).toEqual({ type: 'time', nanoseconds: 3_600_000_000_000n });
  });
});

describe('errors', () => {
  it.each([
    [':put 1; :nosuch', 'bad command name nosuch (line 1 column 10)'],
    [':put 1; /disk/set *1 wrong=2', 'bad parameter wrong (line 1 column 27)'],
    [':put 1; :put "', 'syntax error (line 1 column 16)'],
    [':put 1; :execute "x"', 'bad command name execute (line 1 column 10)'],
  ])('nothing runs when the script does not parse: %s', async (source, error) => {
    expect(await run(source)).toEqual({ lines: [], calls: [], error });
  });

  it.each([
    ['\n:error "boo"', 'boo (:error; line 2)'],
    ['/disk remove 5', 'no such item'],
    [':put (1 / 0)', 'division by zero'],
    [':if "a" do={}', 'conditional not boolean'],
    [':while (true) do={}', 'action timed out'],
    [':global f do={:global f; $f}; $f', 'action timed out'],
    [':local x "a"; :while (true) do={:set x ($x . $x)}', 'action timed out'],
    [':local x {1}; :while (true) do={:set x {$x;$x}}', 'action timed out'],
    [':do {:delay 60s} on-error={:put "caught"}', 'action timed out'],
  ])('%s', async (source, error) => {
    const outcome = await run(source, { deadlineMs: 300 });
    expect(outcome.error).toBe(error);
    expect(outcome.lines).toEqual([]);
  });

  it('stops when it is told to', async () => {
    const controller = new AbortController();
    setTimeout(() => {
      controller.abort();
    }, 20);
    const { error } = await run(':delay 60s', { signal: controller.signal });
    expect(error).toBe('interrupted');
  });

  it('catches the errors of commands', async () => {
    expect(await output(':do {/disk remove 5} on-error={:put "caught"}')).toEqual(['caught']);
    expect(await output(':onerror e in={/disk remove 5} do={:put $e}')).toEqual(['no such item']);
    expect(
      await output(
        ':global n 0; :retry command={:global n; :set n ($n+1); :if ($n<3) do={:error "x"}; :put $n} delay=0 max=5',
      ),
    ).toEqual(['3']);
  });
});

describe('values', () => {
  it.each([
    [':put (1 + 2 * 3 % 4)', '3'],
    [':put ((7 & 3) | 8)', '11'],
    [':put (1 << 4 >> 2)', '4'],
    [':put ("a" . 1 . true)', 'a1true'],
    [':put ((1 < 2) and !(2 >= 3))', 'true'],
    [':put (9223372036854775807 + 1)', '-9223372036854775808'],
    [':put ("vol-1" ~ "^vol-[0-9]+\\$")', 'true'],
    [':put ("aaaa" ~ "^(a{2}|b)+\\$")', 'true'],
    [':put ("aaa" ~ "^(a{2}|b)+\\$")', 'false'],
    [':put (10.0.0.7 in 10.0.0.0/24)', 'true'],
    [':put (10.0.0.7 + 1)', '10.0.0.8'],
    [':put (1m + 30s)', '00:01:30'],
    [':put {3;b=1;"a"={x=1}}', '3;a=x=1;b=1'],
    [':put ({a=1}->"a")', '1'],
    [':put [:typeof ({1}->5)]', 'nothing'],
    [':put [:typeof [:find "abc" "z"]]', 'nil'],
    [':put [:find "abcabc" "c" 2]', '5'],
    [':put [:pick "abcdef" 1 3]', 'bc'],
    [':put [:pick {1;2;3} 1]', '2'],
    [':put [:len {1;2;3}]', '3'],
    [':put [:typeof [:toarray "a, b"]]', 'array'],
    [':put [:tonum "0x10"]', '16'],
    [':put [:tobool "yes"]', 'true'],
    [':put [:typeof *1F]', 'id'],
    [':put "x\\ty\\41\\_z"', 'x\tyA z'],
    [':put "a\tb"', 'a    b'],
    [':put $undefined', ''],
    [':put [:serialize to=json value={"1234";true;5}]', '[1234.000000,true,5]'],
    [`:put [:serialize to=json value={a="1234"} ${JSON_OPTION}]`, '{"a":"1234"}'],
    [':put [:serialize to=json value=[:toarray ""]]', '[]'],
    [':put ([:deserialize from=json value="{\\"a\\":[1,{\\"b\\":\\"c\\"}]}"]->"a"->1->"b")', 'c'],
    [':put [[:parse ":return (1+2)"]]', '3'],
  ])('%s', async (source, expected) => {
    expect(await output(source)).toEqual([expected]);
  });
});

describe('variables and functions', () => {
  it('passes arguments by place and by name', async () => {
    expect(await output(':local f do={:return ($1 . $b)}; :put [$f x b=y]')).toEqual(['xy']);
  });

  it('hides local variables from functions, and shares globals that they declare', async () => {
    expect(await output(':local x 1; :global g 2; :local f do={:global g; :put "$x,$g"}; $f')).toEqual([
      ',2',
    ]);
  });

  it('keeps variables of a block to the block', async () => {
    expect(await output(':local x 1; {:local x 2; :put $x}; :put $x')).toEqual(['2', '1']);
  });

  it('sets members of arrays', async () => {
    expect(await output(':local a {1}; :set ($a->"k"->"l") 5; :set ($a->0) 7; :put $a')).toEqual(['7;k=l=5']);
  });

  it('loops', async () => {
    expect(await output(':for i from=3 to=1 do={:put $i}')).toEqual(['3', '2', '1']);
    expect(await output(':foreach k,v in={a=1;9} do={:put "$k=$v"}')).toEqual(['0=9', 'a=1']);
    expect(await output(':local i 0; :do {:set i ($i+1)} while=($i<3); :put $i')).toEqual(['3']);
  });
});

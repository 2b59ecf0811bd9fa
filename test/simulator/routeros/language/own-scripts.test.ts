import { describe, expect, it } from 'vitest';

import { parseAsDevice } from '../../../../src/simulator/routeros/parse-as-device.ts';

/**
 * Scripts that are not in the corpus, varied from its grammar. What is expected was printed by this parser and
 * then read against the rules in docs/ROUTEROS-LANGUAGE.md: it guards against change. No device has been asked.
 */
const EXPECTED: readonly (readonly [script: string, printed: string])[] = [
  [':local a 1; :put $a', '(evl /localname=$a;value=1);(evl /putmessage=$a)'],
  [':set y 5', 'syntax error (line 1 column 6)'],
  [
    ':global f do={ :return ($1 + 2) }; :put [$f 3]',
    '(evl /globaldo=;(evl (evl /returnvalue=(+ $1 2)));name=$f);(evl /putmessage=(evl (<%% $f (> $f);3)))',
  ],
  [
    ':foreach i,v in={a=1;b=2} do={ :put "$i=$v" }',
    '(evl /foreachcounter=$i;$v;do=;(evl (evl /putmessage=(. $i = $v)));in=a=1;b=2)',
  ],
  [
    ':for i from=1 to=10 step=2 do={ :put $i }',
    '(evl /forcounter=$i;do=;(evl (evl /putmessage=$i));from=1;step=2;to=10)',
  ],
  [':while ($x < 5) do={ :set x ($x + 1) }', 'syntax error (line 1 column 27)'],
  [
    '/ip firewall filter\nadd action=accept chain=input connection-state=established,related\nadd action=drop chain=input',
    '/ip/firewall/filter/;(evl /ip/firewall/filter/addaction=accept;chain=input;connection-state=established,related);(evl /ip/firewall/filter/addaction=drop;chain=input)',
  ],
  [
    '/ip firewall address-list remove [find list=blk]',
    '(evl /ip/firewall/address-list/removenumbers=(evl (evl /ip/firewall/address-list/findwhere=$list;$address;$creation-time;$timeout;$dynamic;$dynamic;$disabled;$comment;$.id;$.nextid;$.dead;$.about;(= $list blk);5)))',
  ],
  [
    ':do { /tool fetch url="https://x/$y" mode=https } on-error={ :log error "failed" }',
    '(evl /docommand=;(evl (evl /tool/fetchmode=https;url=(. https://x/ $y)));on-error=;(evl (evl /log/errormessage=failed)))',
  ],
  [
    ':onerror e in={ :error "x" } do={ :put $e }',
    '(evl /onerrordo=;(evl (evl /putmessage=$e));error=$e;in=;(evl (evl /errormessage=x)))',
  ],
  [
    ':put ([/system resource get uptime] . " " . [/system identity get name])',
    '(evl /putmessage=(. (evl (evl /system/resource/getvalue-name=uptime))   (evl (evl /system/identity/getvalue-name=name))))',
  ],
  [
    ':local s [:pick "abcdef" 1 3]',
    '(evl /localname=$s;value=(evl (evl /pickbegin=1;counter=abcdef;end=3)))',
  ],
  [':put (1 + 2 * 3 - 4 / 2)', '(evl /putmessage=(- (+ 1 (* 2 3)) (/ 4 2)))'],
  [':put (!true && false || true)', '(evl /putmessage=(or (and (! true) false) true))'],
  [':put ($a->"k"->0)', '(evl /putmessage=(-> (-> $a k) 0))'],
  [':local arr {1;2;{3;4};"k"="v"}', '(evl /localname=$arr;value=1;2;3;4;k=v)'],
  ['/system script run foo', '(evl /system/script/runnumber=foo)'],
  [
    '/system scheduler add name=x interval=1d on-event="/system reboot"',
    '(evl /system/scheduler/addinterval=1d00:00:00;name=x;on-event=/system reboot)',
  ],
  [':delay 500ms; :beep', '(evl /delaydelay-time=00:00:00.500000000);(evl /beep)'],
  ['# only a comment', '/'],
  ['\n\n:put 1\n\n# c\n:put 2\n', '/;(evl /putmessage=1);(evl /putmessage=2)'],
  ['{\n:local a 1\n:put $a\n}', '(evl / (evl /localname=$a;value=1) (evl /putmessage=$a))'],
  [':put "a\\\n   b"', '(evl /putmessage=(. a b))'],
  [':put "bad\\z"', 'expected input value (line 1 column 11)'],
  [':put (255 & 15 | 1 ^ 3 << 2)', '(evl /putmessage=(| (& 255 15) (^ 1 (<< 3 2))))'],
  [
    ':put [/ip route get [find dst-address=0.0.0.0/0] gateway]',
    '(evl /putmessage=(evl (evl /ip/route/getnumber=(evl (evl /ip/route/findwhere=$.id;$.nextid;$.dead;$.about;(= $dst-address 0.0.0.0/0);5));value-name=gateway)))',
  ],
  [
    ':if ($a = "x") do={:put 1} else={:if ($b != 2) do={:put 2}}',
    '(evl /ifcondition=(= $a x);do=;(evl (evl /putmessage=1));else=;(evl (evl /ifcondition=(!= $b 2);do=;(evl (evl /putmessage=2)))))',
  ],
  ['/interface wireless print', 'bad command name wireless (line 1 column 12)'],
  [
    '/interface/print where name~"eth" and running',
    '(evl /interface/printwhere=$.id;$.nextid;$.dead;$.about;(and (~ $name eth) $running);5)',
  ],
  [':put "unterminated', 'syntax error (line 1 column 20)'],
  [':if (true) do={ :put 1', 'expected closing brace (line 1 column 23)'],
  [':put (1 + ', 'syntax error (line 1 column 11)'],
  ['foo bar', 'bad command name foo (line 1 column 1)'],
  ['/foo/bar', 'syntax error (line 1 column 5)'],
  ['/ip foo', 'bad command name foo (line 1 column 5)'],
  [':local a-b 1', 'expected end of command (line 1 column 9)'],
  [':local "a-b" 1; :put $"a-b"', '(evl /localname=$a-b;value=1);(evl /putmessage=$a-b)'],
  [':put (-5); :put -5', '(evl /putmessage=(- 5));(evl /putmessage=-5)'],
  ['/disk/set [find slot=a] comment=x nonsense=1', 'bad parameter nonsense (line 1 column 43)'],
  [':put $$a', 'syntax error (line 1 column 7)'],
  ['}', ''],
  ['/', '/'],
  [':', 'expected command name (line 1 column 2)'],
  ['..', '/'],
  ['/ip/..', '/'],
  [';;;', '/;/;/'],
  [
    '/ip/address/add address=10.9.9.9/32 interface=ether1',
    '(evl /ip/address/addaddress=10.9.9.9;32;interface=ether1)',
  ],
];

describe('scripts of our own, by the documented rules', () => {
  it.each(EXPECTED)('%j', (script, printed) => {
    expect(parseAsDevice(script, '7.20.8').text).toBe(printed);
  });
});

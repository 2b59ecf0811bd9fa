import { describe, expect, it } from 'vitest';

import { parse, printParseError, printTree } from '../../../../src/simulator/routeros/language/index.ts';
import { SCHEMA } from './fake-host.ts';

function tree(source: string): string {
  const parsed = parse(source, { schema: SCHEMA });
  return parsed.ok ? printTree(parsed.script) : printParseError(parsed.error);
}

describe('statements', () => {
  it.each([
    ['', ''],
    [':put 1', '(evl /putmessage=1)'],
    ['\n:put 1\n:put 2\n', '/;(evl /putmessage=1);(evl /putmessage=2)'],
    [':put 1; :put 2', '(evl /putmessage=1);(evl /putmessage=2)'],
    [':put 1; ', '(evl /putmessage=1);/'],
    [':put 1\n # a comment\n', '(evl /putmessage=1);/'],
    [':put 1\n# a comment\n', '(evl /putmessage=1)'],
    ['{:put 1; :put 2}', '(evl (evl /putmessage=1) (evl /putmessage=2))'],
    ['{\n:put 1\n}', '(evl / (evl /putmessage=1))'],
    [':put 1 \\\n', '(evl /putmessage=1)'],
    [':put 1}\nwhatever(', '(evl /putmessage=1)'],
    ['/disk\nprint', '/disk/;(evl /disk/print)'],
    ['$f 1 b=2 a=3', '(<%% $f (> $f);1;a=3;b=2)'],
    ['[:put 1]', '(<%% (evl (evl /putmessage=1)) )'],
  ])('%j', (source, expected) => {
    expect(tree(source)).toBe(expected);
  });
});

describe('arguments', () => {
  it.each([
    [':pick "abc" 1 2', '(evl /pickbegin=1;counter=abc;end=2)'],
    [':delay 90', '(evl /delaydelay-time=00:01:30)'],
    [':put 0xFF', '(evl /putmessage=255)'],
    [':put 99999999999999999999', '(evl /putmessage=9223372036854775807)'],
    [':foreach k,v in=$a do={}', '(evl /foreachcounter=$k;$v;do=;(evl /);in=$a)'],
    [':local f do={:return $1}', '(evl /localdo=;(evl (evl /returnvalue=$1));name=$f)'],
    [
      '/disk set [find slot="a"] comment=007',
      '(evl /disk/setcomment=007;numbers=(evl (evl /disk/findwhere=$.id;$.nextid;$.dead;$.about;(= $slot a);5)))',
    ],
    ['/disk print detail as-value', '(evl /disk/printas-value=true;detail=true)'],
    [':log inf "x"', '(evl /log/infomessage=x)'],
    ['/disk add slot=\\\n   a', '(evl /disk/addslot=a)'],
  ])('%j', (source, expected) => {
    expect(tree(source)).toBe(expected);
  });
});

describe('strings', () => {
  it.each([
    ['"$x"', '$x'],
    ['"a$x"', '(. a $x)'],
    ['"$[:len 1]$(1+2)"', '(. (evl (evl /lenvalue=1)) (+ 1 2))'],
    ['"\\41\\_b"', '(. A   b)'],
    ['"a\\\n   b"', '(. a b)'],
    ['$"a b"', '$a b'],
  ])('%s', (source, expected) => {
    expect(tree(`:put ${source}`)).toBe(`(evl /putmessage=${expected})`);
  });
});

describe('expressions', () => {
  it.each([
    ['(1 + 2 * 3)', '(+ 1 (* 2 3))'],
    ['(1 - 2 + 3)', '(+ (- 1 2) 3)'],
    ['($a . ("b" . $c))', '(. $a b $c)'],
    ['($a && $b || $c)', '(or (and $a $b) $c)'],
    ['($a->"k"->0)', '(-> (-> $a k) 0)'],
    ['(!($a ~ "x"))', '(! (~ $a x))'],
    ['({b=1;a=2;3})', '3;a=2;b=1'],
    ['(>[:put 1])', '(> (evl (evl /putmessage=1)))'],
    ['(10.0.0.1 in 10.0.0.0/8)', '(in 10.0.0.1 10.0.0.0/8)'],
  ])('%s', (source, expected) => {
    expect(tree(`:put ${source}`)).toBe(`(evl /putmessage=${expected})`);
  });
});

describe('errors', () => {
  it.each([
    [':put "a" b', 'expected end of command (line 1 column 10)'],
    [':put 1 # no comment here', 'expected end of command (line 1 column 8)'],
    [':set nowhere 1', 'syntax error (line 1 column 6)'],
    [':global $x 1', 'syntax error (line 1 column 9)'],
    ['?', 'expected command name (line 1 column 1)'],
    ['/disk>', 'expected command name (line 1 column 6)'],
    [':put "\\q"', 'expected input value (line 1 column 8)'],
    [':put "\\e2"', 'expected input value (line 1 column 8)'],
    ['{\n:put 1\n', 'missing closing brace (line 3 column 1)'],
    [':if (true) do={\n', 'expected closing brace (line 2 column 1)'],
    ['nosuch a=1 b', 'bad command name nosuch (line 1 column 1)'],
    ['nosuch a="$b"', 'syntax error (line 1 column 9)'],
    ['/disk add slot=a wrong=1', 'bad parameter wrong (line 1 column 23)'],
    ['/disk set 0 wrong', 'expected end of command (line 1 column 13)'],
    ['/disk set wrong=1', 'expected end of command (line 1 column 16)'],
    ['/disk add disabled=maybe', 'syntax error (line 1 column 20)'],
  ])('%j', (source, expected) => {
    expect(tree(source)).toBe(expected);
  });

  it('knows only the schema when it is strict', () => {
    expect(parse('/interface print', { schema: SCHEMA }).ok).toBe(true);
    expect(parse('/interface print', { schema: SCHEMA, strict: true })).toEqual({
      ok: false,
      error: { message: 'bad command name interface', line: 1, column: 2 },
    });
  });
});

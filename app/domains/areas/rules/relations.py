"""How somebody is related to the head of the household: GB/T 4761-2008, by the words that people write."""

from __future__ import annotations

from app.domains.areas.rules.identity_numbers import BadValue

HEAD = "户主"
_TABLE = """
02 户主 本人 户主本人
10 配偶 爱人
11 夫 丈夫 老公
12 妻 妻子 老婆
20 子 儿子 儿
21 独生子
22 长子 大儿子 大子
23 次子 二儿子 二子
24 三子 三儿子
25 四子 四儿子
26 五子 五儿子
27 养子或继子 养子 继子
28 女婿
29 其他儿子
30 女 女儿
31 独生女
32 长女 大女儿 大女
33 次女 二女儿 二女
34 三女 三女儿
35 四女 四女儿
36 五女 五女儿
37 养女或继女 养女 继女
38 儿媳 儿媳妇
39 其他女儿
40 孙子、孙女或外孙子、外孙女 孙辈 孙子女
41 孙子 孙
42 孙女
43 外孙子 外孙
44 外孙女
45 孙媳妇或外孙媳妇 孙媳妇 孙媳 外孙媳妇
46 孙女婿或外孙女婿 孙女婿 外孙女婿
47 曾孙子或外曾孙子 曾孙子 曾孙 外曾孙子 外曾孙
48 曾孙女或外曾孙女 曾孙女 外曾孙女
49 其他孙子、孙女或外孙子、外孙女
50 父母
51 父亲 父 爸爸
52 母亲 母 妈妈
53 公公
54 婆婆
55 岳父
56 岳母
57 继父或养父 继父 养父
58 继母或养母 继母 养母
59 其他父母关系
60 祖父母或外祖父母 祖父母 外祖父母
61 祖父 爷爷
62 祖母 奶奶
63 外祖父 外公 姥爷
64 外祖母 外婆 姥姥
65 配偶的祖父母或外祖父母
66 曾祖父 太爷爷
67 曾祖母 太奶奶
68 配偶的曾祖父母
69 其他祖父母或外祖父母关系
70 兄弟姐妹
71 兄 哥哥 哥
72 嫂 嫂子
73 弟 弟弟
74 弟媳 弟媳妇
75 姐姐 姐
76 姐夫
77 妹妹 妹
78 妹夫
79 其他兄弟姐妹
80 其他
81 伯父 伯伯 大伯
82 伯母
83 叔父 叔叔
84 婶母 婶婶
85 舅父 舅舅
86 舅母
87 姨父
88 姨母
89 姑父
90 姑母 姑姑
91 堂兄弟、堂姐妹 堂兄弟 堂姐妹 堂兄 堂弟 堂姐 堂妹
92 表兄弟、表姐妹 表兄弟 表姐妹 表兄 表弟 表姐 表妹
93 侄子 侄
94 侄女
95 外甥 外甥子
96 外甥女
97 其他亲属 亲属
99 非亲属 无亲属关系
"""
_LINES = [line.split() for line in _TABLE.strip().splitlines()]
_CODES = {word: code for code, *words in _LINES for word in words}
_STANDARD = {code: words[0] for code, *words in _LINES}
USUAL = ("户主", "配偶", "儿子", "女儿", "父亲", "母亲", "儿媳", "女婿", "孙子", "孙女", "其他亲属", "非亲属")


def check_relation(text: str) -> str:
    """The word that is kept for a relation: the one people wrote when the standard knows it, or the standard's for a code."""
    word = _STANDARD.get(text.strip(), text.strip())
    code = _CODES.get(word)
    if code is None:
        raise BadValue(f"不认识这个关系：请填 {'、'.join(USUAL)} 这样的词")
    return HEAD if code == _CODES[HEAD] else word


def relation_code(word: str) -> str | None:
    """The standard's two digits for a word that is on file, for returns to other offices."""
    return _CODES.get(word)

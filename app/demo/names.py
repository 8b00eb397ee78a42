"""Plausible names, numbers and sentences for people who do not exist."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

REGION = "990101"  # no such region: an ID number that begins so can belong to nobody
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK = "10X98765432"
SURNAMES = "李王张刘赵陈杨段孟卢侯卫苗牛孔薛翟任聂郑酒琚成崔党范冯葛郭韩贾原史吴徐许姚于周"
_MALE = "建国志强德胜永平海军长河小兵文斌国庆新民红旗保平安全占友守义双喜来福太平石头振华卫东学军春生大鹏永强光明玉柱"
_FEMALE = "桂兰春梅秀英玉珍小芳爱莲雪梅月娥丽娟彩霞巧云素琴凤仙金花红艳翠平淑敏慧玲美玲香莲玉环喜凤兰英秋菊改花"
_GIVEN = {
    "男": [_MALE[i : i + 2] for i in range(0, len(_MALE), 2)],
    "女": [_FEMALE[i : i + 2] for i in range(0, len(_FEMALE), 2)],
}
_SINGLE = {"男": "伟磊涛军勇杰斌鹏辉超波刚", "女": "燕娟丽敏静艳霞芳洁颖婷蕊"}
THEMES = ("personal", "surroundings", "governance", "business", "livelihood", "revival")
NOTES: dict[str, tuple[str, ...]] = {
    "personal": (
        "老人腰疼，想问慢病卡怎么办",
        "孩子在外打工，家里活忙不过来",
        "想申请残疾人补贴，缺一份材料",
        "身体硬朗，饭量好，没啥难处",
    ),
    "surroundings": (
        "门前水沟有点堵，说好周末一起清",
        "垃圾桶满得快，想多放一个",
        "院里院外收拾得干净",
        "巷口路灯有一盏不亮",
    ),
    "governance": (
        "想看看上个月的账贴出来没有",
        "问村里换届的安排",
        "对村规民约里的红白事标准没意见",
        "愿意当志愿者看护河道",
    ),
    "business": (
        "想在路边摆个凉皮摊，问要什么手续",
        "大棚想贷点款，问利息",
        "网店发货慢，盼着快递点进村",
        "合作社收菜价钱还行",
    ),
    "livelihood": (
        "自来水压力小，早上上不来水",
        "医保交了，问报销比例",
        "家里添了二胎，问接种时间",
        "幸福院的午饭可口",
    ),
    "revival": (
        "想学核桃嫁接，盼着办个班",
        "愿意把老院子租给民宿",
        "冬凌草今年价好，想多种两亩",
        "蜂蜜卖不动，想上网卖",
    ),
}
POSTS = (
    "今天走了几户，老人们都在晒太阳，聊了聊过冬的柴火。",
    "帮着清了门前的水沟，大家一起动手，半晌就干完了。",
    "路上碰见几位老邻居，都说路灯修好后晚上敢出门了。",
    "坐下来说了说医保缴费的事，几家都弄明白了。",
    "核桃快下树了，走访时顺手搭了把手。",
    "问了问孩子上学接送的事，大伙商量着轮流接。",
    "跟老人学了一手烙馍，家常话里听到不少好主意。",
    "下了点小雨，去几户看了看房子漏不漏。",
)
FLAGS = (
    ("独居", 0.06),
    ("高龄", 0.08),
    ("低保", 0.03),
    ("残疾", 0.02),
    ("留守儿童", 0.02),
    ("外出", 0.06),
    ("军属", 0.02),
)


def person_name(rng: Random, family: str, sex: str) -> str:
    """A name of this family."""
    if rng.random() < 0.25:
        return family + rng.choice(_SINGLE[sex])
    return family + rng.choice(_GIVEN[sex])


def birthday(rng: Random, ages: tuple[int, int], today: date) -> date:
    """A day that makes a person as old as asked for."""
    return today - timedelta(days=rng.randint(ages[0] * 365 + 1, ages[1] * 365))


def id_number(rng: Random, born_on: date, sex: str) -> str:
    """Seventeen digits and the right check character (GB 11643), in a region that does not exist."""
    order = rng.randrange(0, 499) * 2 + (1 if sex == "男" else 0)
    body = f"{REGION}{born_on:%Y%m%d}{order:03d}"
    total = sum(int(digit) * weight for digit, weight in zip(body, _WEIGHTS, strict=True))
    return body + _CHECK[total % 11]


def phone_number(serial: int) -> str:
    """A number that looks right; the block is ours for people who do not exist."""
    return f"199{serial:08d}"


def flags(rng: Random) -> list[str]:
    """What one should know before knocking."""
    return [name for name, share in FLAGS if rng.random() < share]

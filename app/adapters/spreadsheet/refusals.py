"""The ways a spreadsheet is refused: a stable code, and a sentence that says what to do about it."""

from __future__ import annotations

_SAVE_AGAIN = "请在 Excel 或 WPS 里打开，另存为 .xlsx，再传一次。"
_COPY_OVER = "请新建一个空表，只把要导入的内容复制过去（粘贴时选“数值”），保存后再传。"

SENTENCES = {
    "file_too_big": "文件太大，最多 10 MB。请按镇或按村分成几个表，一个一个传。",
    "unpacked_too_big": "这个文件展开后太大，没有打开它。" + _COPY_OVER,
    "too_many_members": "这个文件里夹带的东西太多，没有打开它。" + _COPY_OVER,
    "too_many_rows": "行数太多，最多 5 万行。请分成几个表；如果看着没这么多行，请删掉下面的空行再传。",
    "too_many_columns": "列数太多，最多 200 列。请删掉右边用不着的列和空列，再传一次。",
    "cell_too_long": "有一格里的字太多，最多 4,000 字。请把它缩短；如果是引号没有配对，请补上另一半。",
    "not_a_spreadsheet": "这不是表格文件。请传 .xlsx 或 .csv 文件。",
    "old_format": "这是旧格式的表格。" + _SAVE_AGAIN,
    "locked": "这个表加了密码。请打开后取消密码，保存，再传一次。",
    "web_page": "这其实是一张网页，只是名字像表格。" + _SAVE_AGAIN,
    "encoding": "文件里的字认不出来。" + _SAVE_AGAIN,
    "damaged": "文件打不开，可能没有传完整。" + _SAVE_AGAIN,
    "forged": "这个文件的内部写法不对劲，没有打开它。" + _COPY_OVER,
    "carries_files": "表里嵌着别的文件。" + _COPY_OVER,
    "carries_links": "表里的公式连着别的文件。" + _COPY_OVER,
    "carries_program": "表里带着宏（小程序），没有打开它。" + _SAVE_AGAIN,
    "too_slow": "这个文件读得太久，停下来了。" + _COPY_OVER,
    "empty": "表里没有内容。请把要导入的内容放在第一个工作表里，第一行写列名，再传一次。",
}


class BadFile(Exception):
    """A file that is not read any further; the sentence is for the person who brought it."""

    def __init__(self, code: str) -> None:
        self.code = code
        self.sentence = SENTENCES[code]
        super().__init__(self.sentence)

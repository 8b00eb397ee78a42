# Two commands matter: `make run` and `make test`. Both do all the setting up they need and say what they do.

.DEFAULT_GOAL := help
SHELL := /bin/sh
.NOTPARALLEL:

# The clone, from whatever folder make was called; quoted below, so that its path may hold spaces.
ROOT := $(if $(wildcard scripts/setup),$(CURDIR),$(patsubst %/,%,$(dir $(abspath $(lastword $(MAKEFILE_LIST))))))
CODE := app miniprogram_api bot console sandbox bench scripts tests migrations
HERE := cd "$(ROOT)" &&
WITH_RUN := $(HERE) python="$$(scripts/setup run)" && export PYTHONUNBUFFERED=1 &&
WITH_TEST := $(HERE) python="$$(scripts/setup test)" &&
WITH_BENCH := $(HERE) python="$$(scripts/setup bench)" &&
PYTEST_WORKERS ?= 3

.PHONY: help
help: ## 显示这张表 / show this list
	@printf '\n连心 Lianxin\n\n'
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' "$(ROOT)/Makefile"
	@printf '\n'

.PHONY: run
run: ## 在本机启动全套演示，Ctrl-C 停止 / start everything on this machine (ARGS="--help" shows its options)
	@$(WITH_RUN) exec "$$python" -m app run $(ARGS)

.PHONY: test
test: lint ## 检查代码并运行全部测试 / check the code and run all tests (ARGS="-k visit" picks some)
	@$(WITH_TEST) exec "$$python" -m pytest -n $(PYTEST_WORKERS) --dist loadfile --no-loadscope-reorder $(ARGS)

.PHONY: mp
mp: ## 编译微信小程序包（ORIGIN=https://…）并检查 / build the WeChat mini-program package and check it
	@$(WITH_TEST) cd miniprogram && VITE_ORIGIN="$(ORIGIN)" npm run --silent build:mp && npm run --silent check:mp \
	  && echo "miniprogram/dist/build/mp-weixin"

.PHONY: setup
setup: ## 只做安装，不启动 / install what run and test need, start nothing
	@$(HERE) scripts/setup run >/dev/null && scripts/setup test >/dev/null && echo '已就绪 / ready: make run'

.PHONY: lint
lint: ## 检查风格、类型和模块边界 / ruff, mypy and the boundaries between modules
	@$(WITH_TEST) echo '· ruff' && "$$python" -m ruff check . && "$$python" -m ruff format --check --quiet . \
	  && echo '· mypy' && "$$python" -m mypy $$(ls -d $(CODE) 2>/dev/null | grep -v migrations) \
	  && { [ ! -d miniprogram ] || { echo '· client: eslint, types, API types, icons' && npm --prefix miniprogram run --silent check; }; } \
	  && echo '· import-linter' && "$$python" -c 'from importlinter.cli import lint_imports_command as run; run()'

.PHONY: format
format: ## 整理代码格式 / put the code into shape
	@$(WITH_TEST) "$$python" -m ruff check --fix-only --quiet . ; "$$python" -m ruff format .

.PHONY: quick
quick: ## 只跑快的测试 / the quick tests only, on one core (ARGS="tests/rules")
	@$(WITH_TEST) exec "$$python" -m pytest -m 'not slow and not promise' $(ARGS)

.PHONY: coverage
coverage: ## 测试覆盖率 / how much of the code the tests run
	@$(WITH_TEST) "$$python" -m coverage erase && "$$python" -m coverage run -m pytest $(ARGS) \
	  && "$$python" -m coverage combine --quiet && "$$python" -m coverage report

.PHONY: promises
promises: ## 以完整规模验证 PROMISES.md 的承诺（较久）/ prove the promises at full size (takes long)
	@$(WITH_TEST) exec "$$python" -m pytest -m promise --full --timeout=3600 $(ARGS)

.PHONY: mutate
mutate: ## 逐行改错账本、发送队列和数据范围，看测试能否发现 / make single lines wrong and see that a test notices (ARGS="scoped --seed 2")
	@$(WITH_TEST) exec "$$python" scripts/mutate.py $(ARGS)

.PHONY: bench
bench: ## 重跑 README 中的每个性能数字 / measure every figure of the README again (ARGS="--short visit feed")
	@$(WITH_BENCH) exec "$$python" -m bench $(ARGS)

.PHONY: pictures
pictures: ## 重拍 README 里的图（先 make run） / take the pictures of the README again, from a running desk
	@$(WITH_TEST) exec env PYTHONPATH=. "$$python" scripts/pictures.py

.PHONY: app
app: ## 其他命令，例如 make app ARGS="doctor" / the other commands
	@$(WITH_RUN) exec "$$python" -m app $(ARGS)

.PHONY: clean
clean: ## 删除缓存，不动数据 / remove caches, never data
	@$(HERE) rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage .coverage.*
	@$(HERE) find . -name __pycache__ -type d -not -path './.venv/*' -prune -exec rm -rf {} +

# `make` lists the targets; each makes the environment first if it is not there.

PYTHON ?=
RUN := .venv/bin/python

.DEFAULT_GOAL := help
.PHONY: help setup test test-lasagne lint train eval-split demo data bench collect monitor sheet

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 22

setup: ## make .venv, install requirements.txt, compile the networks (PYTHON=python3.10)
	@PYTHON='$(PYTHON)' sh install/setup.sh

test: setup ## run the tests (ARGS='-k vote')
	$(RUN) -m pytest $(ARGS)

test-lasagne: setup ## run Lasagne 0.1's own tests on this Python (ARGS='-k recurrent')
	$(RUN) install/lasagne_tests.py $(ARGS)

lint: setup ## check the style
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .

train: setup ## train the smiley net (DATA=folder OUT=runs/smiles ARGS='--epochs 20')
	@test -n '$(DATA)' || { echo 'error: name the data set: make train DATA=folder' >&2; exit 2; }
	$(RUN) experiments/train_smiles.py --data '$(DATA)' --out '$(or $(OUT),runs/smiles)' $(ARGS)

sheet: setup ## draw augmented pictures (DATA=folder OUT=out/augmentation.png)
	@mkdir -p out
	$(RUN) augment/show.py $(if $(DATA),--data '$(DATA)') --out '$(or $(OUT),out/augmentation.png)' $(ARGS)

bench: setup ## measure the speed of augmentation
	$(RUN) augment/benchmark.py $(ARGS)

eval-split: ## the article's comparison of train and validation accuracy
demo: ## an annotated, slowed video
data: ## the data sets
collect: ## the web page where people contribute their smileys
monitor: ## watch a training
eval-split demo data collect monitor:
	@echo 'error: make $@ comes with a later part of the project' >&2; exit 2

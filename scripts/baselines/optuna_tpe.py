"""Chooses trials with Optuna's TPE, by its ask-and-tell, for `cargo xtask bench tuning`.

One JSON line in, one line out. The first line opens a study,

    {"seed": N, "multivariate": BOOL, "choices": [null, 3, ...]}

with an entry for each dimension: null for an interval, else the number of words of a choice. Each further line is
the score of the trial before, to be minimized, or null for a run that diverged. Each answer is the next trial: a
list of numbers from 0 to 1, the places in the scales of the dimensions.
"""

import json
import math
import sys

import optuna


def ask(study, choices):
    trial = study.ask()
    places = []
    for index, words in enumerate(choices):
        if words is None:
            places.append(trial.suggest_float(str(index), 0.0, 1.0))
        else:
            word = trial.suggest_categorical(str(index), list(range(words)))
            places.append((word + 0.5) / words)
    print(json.dumps(places), flush=True)
    return trial


def main():
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    opening = json.loads(sys.stdin.readline())
    sampler = optuna.samplers.TPESampler(seed=opening["seed"], multivariate=opening["multivariate"])
    study = optuna.create_study(sampler=sampler, direction="minimize")
    trial = ask(study, opening["choices"])
    for line in sys.stdin:
        score = json.loads(line)
        study.tell(trial, math.inf if score is None else score)
        trial = ask(study, opening["choices"])


if __name__ == "__main__":
    main()

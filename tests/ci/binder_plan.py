"""The Dockerfile that repo2docker would build uses our files: python tests/ci/binder_plan.py PLAN."""

import sys
from pathlib import Path

WANTED = {  # in the order of the build; names of copied files have their dots and dashes written as -2e and -2d
    "Python 3.12": "environment-2epy-2d3-2e12",
    "the whole repository, before the packages": "COPY --chown=1000:1000 src/ ",
    "our requirements": '-r "binder/requirements.txt"',
    "our postBuild": "RUN ./binder/postBuild",
    "our start script": "binder/start",
}


def main(plan: str) -> int:
    """Exit status 0 if the plan has all of them, in that order."""
    text = Path(plan).read_text("utf-8")
    places = {what: text.find(sign) for what, sign in WANTED.items()}
    good = min(places.values()) >= 0 and list(places.values()) == sorted(places.values())
    verdict = "has" if good else "lacks or misplaces one of"
    print(f"the Binder plan {verdict}: {'; '.join(WANTED)}; found at {[*places.values()]}")
    return not good


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

# The web host: the listening test, exports and reports; no torch (models are evaluated elsewhere).
#
#   docker build --target web -t earwitness .
#   docker run --rm -p 8000:8000 -v "$PWD/studies/mine:/study" earwitness
#
# The folder /study holds study.toml and its prepared `stimuli/` (the run stays where it was made);
# the database is written beside them, so it must be writable by the user 1000.
FROM python:3.13-slim AS build
WORKDIR /source
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY app app
COPY evaluation evaluation
COPY stimuli stimuli
COPY analysis analysis
ENV PIP_CONSTRAINT=/source/constraints.txt PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /venv \
 && /venv/bin/python -m pip install '.[postgres]'

FROM python:3.13-slim AS web
# Pango and a font for PDF reports.
RUN apt-get update \
 && apt-get install -y --no-install-recommends \
      libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fontconfig fonts-dejavu-core \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --uid 1000 --create-home listener \
 && install -d -o listener -g listener /study
COPY --from=build /venv /venv
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 MPLCONFIGDIR=/tmp/matplotlib
USER listener
WORKDIR /study
VOLUME /study
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
# Its master and workers are gunicorn; SIGTERM lets requests finish.
CMD ["earwitness", "serve", "/study", "--host", "0.0.0.0", "--port", "8000"]

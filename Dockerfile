# affuse on the command line, and its page, without anything else on the machine.
#
#   docker build -t affuse .
#   docker run --rm -v "$PWD:/data" affuse predict my.mp4
#   docker run --rm -p 127.0.0.1:8765:8765 affuse serve --host 0.0.0.0      (open the address it prints)
FROM python:3.13-slim AS build
WORKDIR /source
COPY pyproject.toml README.md LICENSE ./
COPY packaging packaging
COPY src src
RUN python -m venv /opt/affuse && /opt/affuse/bin/pip install --no-cache-dir ".[web]"

FROM python:3.13-slim
RUN useradd --create-home --uid 1000 affuse && mkdir /data && chown affuse /data
COPY --from=build /opt/affuse /opt/affuse
ENV PATH=/opt/affuse/bin:$PATH
USER 1000
WORKDIR /data
ENTRYPOINT ["affuse"]
CMD ["--help"]

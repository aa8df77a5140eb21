# edgeface for processors, without PyTorch. Build it in a clone: docker build -t edgeface .
# Use it on the folder that you are in: docker run --rm -v "$PWD:/work" --user "$(id -u):$(id -g)" edgeface --help
FROM python:3.12-slim AS build
WORKDIR /src
COPY pyproject.toml README.md LICENSE constraints.txt ./
COPY edgeface edgeface
COPY recipes recipes
RUN python -m venv /opt/edgeface \
 && /opt/edgeface/bin/python -m pip install --no-cache-dir --disable-pip-version-check -c constraints.txt '.[bundle,ncnn]' \
 && /opt/edgeface/bin/python -m pip uninstall --yes --quiet pip

FROM python:3.12-slim
COPY --from=build /opt/edgeface /opt/edgeface
RUN useradd --create-home --uid 1000 edgeface
ENV PATH=/opt/edgeface/bin:$PATH EDGEFACE_CACHE=/tmp/edgeface
USER edgeface
WORKDIR /work
ENTRYPOINT ["edgeface"]
CMD ["--help"]

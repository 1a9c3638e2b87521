#include "shim.hpp"

using namespace fathom::tables;

#ifdef FATHOM_ARROW
#include <arrow/io/compressed.h>
#include <arrow/io/memory.h>
#include <arrow/util/compression.h>

struct ca_inflater_impl {
  std::unique_ptr<arrow::util::Codec> codec;
  std::shared_ptr<arrow::io::CompressedInputStream> stream;
};

extern "C" {

ca_inflater ca_inflate(const void *bytes, int64_t count, int codec) {
  return making([&] {
    auto inflater = std::make_unique<ca_inflater_impl>();
    inflater->codec = check(
        arrow::util::Codec::Create(codec == CA_GZIP ? arrow::Compression::GZIP : arrow::Compression::ZSTD));
    auto buffer = std::make_shared<arrow::Buffer>(static_cast<const uint8_t *>(bytes), count);
    inflater->stream = check(
        arrow::io::CompressedInputStream::Make(
            inflater->codec.get(), std::make_shared<arrow::io::BufferReader>(buffer)));
    return inflater.release();
  });
}

int64_t ca_read(ca_inflater inflater, void *buffer, int64_t size) {
  return doing([&] { return check(inflater->stream->Read(size, buffer)); });
}

void ca_release(ca_inflater inflater) { delete inflater; }
}

#else

extern "C" {
ca_inflater ca_inflate(const void *, int64_t, int) {
  refuse_absent();
  return nullptr;
}
int64_t ca_read(ca_inflater, void *, int64_t) { return refuse_absent(); }
void ca_release(ca_inflater) {}
}
#endif

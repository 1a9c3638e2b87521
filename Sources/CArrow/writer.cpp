#include "shim.hpp"

using namespace fathom::tables;

#ifdef FATHOM_ARROW
#include <arrow/c/bridge.h>
#include <arrow/io/file.h>
#include <arrow/ipc/writer.h>
#include <arrow/util/compression.h>
#include <parquet/arrow/writer.h>
#include <unistd.h>

struct ca_writer_impl {
  std::shared_ptr<arrow::Schema> schema;
  std::shared_ptr<arrow::io::FileOutputStream> sink;
  std::unique_ptr<parquet::arrow::FileWriter> parquet;
  std::shared_ptr<arrow::ipc::RecordBatchWriter> batches;
};

static arrow::Compression::type codec_type(int compression) {
  switch (compression) {
  case CA_SNAPPY:
    return arrow::Compression::SNAPPY;
  case CA_ZSTD:
    return arrow::Compression::ZSTD;
  case CA_LZ4:
    return arrow::Compression::LZ4_FRAME;
  default:
    return arrow::Compression::UNCOMPRESSED;
  }
}

extern "C" {

ca_writer ca_create(int descriptor, int form, struct ArrowSchema *schema, int compression) {
  return making([&] {
    auto writer = std::make_unique<ca_writer_impl>();
    writer->schema = check(arrow::ImportSchema(schema));
    writer->sink = check(arrow::io::FileOutputStream::Open(dup(descriptor)));
    if (form == CA_PARQUET) {
      auto properties = parquet::WriterProperties::Builder().compression(codec_type(compression))->build();
      auto keeping = parquet::ArrowWriterProperties::Builder().store_schema()->build();
      writer->parquet = check(
          parquet::arrow::FileWriter::Open(
              *writer->schema, arrow::default_memory_pool(), writer->sink, properties, keeping));
    } else {
      auto options = arrow::ipc::IpcWriteOptions::Defaults();
      options.use_threads = false;
      if (compression != CA_PLAIN) options.codec = check(arrow::util::Codec::Create(codec_type(compression)));
      writer->batches = form == CA_ARROW_FILE
                            ? check(arrow::ipc::MakeFileWriter(writer->sink, writer->schema, options))
                            : check(arrow::ipc::MakeStreamWriter(writer->sink, writer->schema, options));
    }
    return writer.release();
  });
}

int ca_write(ca_writer writer, struct ArrowArray *columns) {
  return static_cast<int>(doing([&] {
    auto batch = check(arrow::ImportRecordBatch(columns, writer->schema));
    if (writer->parquet) {
      auto table = check(arrow::Table::FromRecordBatches({batch}));
      check(writer->parquet->WriteTable(*table, std::max<int64_t>(1, batch->num_rows())));
    } else {
      check(writer->batches->WriteRecordBatch(*batch));
    }
    return 0;
  }));
}

int ca_finish(ca_writer writer) {
  return static_cast<int>(doing([&] {
    check(writer->parquet ? writer->parquet->Close() : writer->batches->Close());
    check(writer->sink->Close());
    return 0;
  }));
}

void ca_abandon(ca_writer writer) { delete writer; }
}

#else

extern "C" {
ca_writer ca_create(int, int, struct ArrowSchema *, int) {
  refuse_absent();
  return nullptr;
}
int ca_write(ca_writer, struct ArrowArray *) { return refuse_absent(); }
int ca_finish(ca_writer) { return refuse_absent(); }
void ca_abandon(ca_writer) {}
}
#endif

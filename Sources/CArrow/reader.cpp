#include "shim.hpp"

using namespace fathom::tables;

#ifdef FATHOM_ARROW
#include <arrow/c/bridge.h>
#include <arrow/io/memory.h>
#include <arrow/ipc/reader.h>
#include <arrow/memory_pool.h>
#include <parquet/arrow/reader.h>
#include <parquet/arrow/schema.h>
#include <parquet/properties.h>

struct ca_reader_impl {
  ca_reader_impl(const void *bytes, int64_t count, int form, int64_t memory)
      : form(form), pool(arrow::default_memory_pool(), memory),
        buffer(std::make_shared<arrow::Buffer>(static_cast<const uint8_t *>(bytes), count)) {}

  int form;
  arrow::CappedMemoryPool pool;
  std::shared_ptr<arrow::Buffer> buffer;
  std::unique_ptr<parquet::arrow::FileReader> parquet;
  std::shared_ptr<arrow::ipc::RecordBatchFileReader> file;
  // Parquet, once it is being read, and a stream
  std::shared_ptr<arrow::RecordBatchReader> batches;
  std::vector<int> columns;
  bool is_selected = false;
  int next_batch = 0;

  std::shared_ptr<arrow::io::BufferReader> source() {
    return std::make_shared<arrow::io::BufferReader>(buffer);
  }

  arrow::ipc::IpcReadOptions options() {
    auto options = arrow::ipc::IpcReadOptions::Defaults();
    options.memory_pool = &pool;
    options.use_threads = false;
    if (is_selected) options.included_fields = columns;
    return options;
  }

  void open() {
    switch (form) {
    case CA_PARQUET: {
      parquet::ReaderProperties properties(&pool);
      // A column of a large row group comes page by page.
      properties.enable_buffered_stream();
      parquet::ArrowReaderProperties reading(false);
      reading.set_batch_size(1024);
      reading.set_pre_buffer(false);
      parquet::arrow::FileReaderBuilder builder;
      check(builder.Open(source(), properties));
      builder.memory_pool(&pool)->properties(reading);
      check(builder.Build(&parquet));
      break;
    }
    case CA_ARROW_FILE:
      file = check(arrow::ipc::RecordBatchFileReader::Open(source(), options()));
      break;
    default:
      batches = check(arrow::ipc::RecordBatchStreamReader::Open(source(), options()));
    }
  }

  std::shared_ptr<arrow::Schema> schema() {
    if (file) return file->schema();
    if (batches) return batches->schema();
    std::shared_ptr<arrow::Schema> schema;
    check(parquet->GetSchema(&schema));
    return schema;
  }

  static void add_leaves(const parquet::arrow::SchemaField &field, std::vector<int> &leaves) {
    if (field.is_leaf()) leaves.push_back(field.column_index);
    for (const auto &child : field.children) add_leaves(child, leaves);
  }

  void start_parquet() {
    std::vector<int> groups(parquet->num_row_groups());
    for (size_t i = 0; i < groups.size(); i++) groups[i] = static_cast<int>(i);
    std::vector<int> leaves;
    const auto &fields = parquet->manifest().schema_fields;
    for (size_t i = 0; i < fields.size(); i++) {
      const bool wanted =
          !is_selected || std::find(columns.begin(), columns.end(), static_cast<int>(i)) != columns.end();
      if (wanted) add_leaves(fields[i], leaves);
    }
    batches = check(parquet->GetRecordBatchReader(groups, leaves));
  }

  std::shared_ptr<arrow::RecordBatch> next() {
    if (file) {
      if (next_batch >= file->num_record_batches()) return nullptr;
      return check(file->ReadRecordBatch(next_batch++));
    }
    if (!batches) start_parquet();
    std::shared_ptr<arrow::RecordBatch> batch;
    check(batches->ReadNext(&batch));
    return batch;
  }
};

extern "C" {

ca_reader ca_open(const void *bytes, int64_t count, int form, int64_t memory) {
  return making([&] {
    auto reader = std::make_unique<ca_reader_impl>(bytes, count, form, memory);
    reader->open();
    return reader.release();
  });
}

int ca_schema(ca_reader reader, struct ArrowSchema *schema) {
  return static_cast<int>(doing([&] {
    check(arrow::ExportSchema(*reader->schema(), schema));
    return 0;
  }));
}

int ca_select(ca_reader reader, const int *columns, int count) {
  return static_cast<int>(doing([&] {
    reader->columns.assign(columns, columns + count);
    reader->is_selected = true;
    if (reader->form != CA_PARQUET) reader->open();
    return 0;
  }));
}

int ca_next(ca_reader reader, struct ArrowArray *out) {
  return static_cast<int>(doing([&] {
    auto batch = reader->next();
    if (!batch) return 0;
    check(batch->ValidateFull());
    check(arrow::ExportRecordBatch(*batch, out));
    return 1;
  }));
}

void ca_close(ca_reader reader) { delete reader; }
}

#else

extern "C" {
ca_reader ca_open(const void *, int64_t, int, int64_t) {
  refuse_absent();
  return nullptr;
}
int ca_schema(ca_reader, struct ArrowSchema *) { return refuse_absent(); }
int ca_select(ca_reader, const int *, int) { return refuse_absent(); }
int ca_next(ca_reader, struct ArrowArray *) { return refuse_absent(); }
void ca_close(ca_reader) {}
}
#endif

// C functions over Apache Arrow: opening, one batch after the other, writing, decompressing. Every C++
// exception is caught. Columns cross in Arrow's C data interface, which Swift reads and makes without a call
// a value.
//
// A function that opens returns NULL on failure; the others return -1. ca_last_error() then gives the text,
// and ca_last_error_kind() says whose fault it was. Built without Arrow, everything fails with
// CA_ERROR_ABSENT.
#pragma once
#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { CA_ERROR_FILE = 0, CA_ERROR_MEMORY = 1, CA_ERROR_DISK = 2, CA_ERROR_ABSENT = 3 };
const char *ca_last_error(void);
int ca_last_error_kind(void);
bool ca_is_available(void);
const char *ca_version(void);

// MARK: Arrow's C data interface, as its specification gives it
#ifndef ARROW_C_DATA_INTERFACE
#define ARROW_C_DATA_INTERFACE
#define ARROW_FLAG_DICTIONARY_ORDERED 1
#define ARROW_FLAG_NULLABLE 2
#define ARROW_FLAG_MAP_KEYS_SORTED 4

struct ArrowSchema {
  const char *format;
  const char *name;
  const char *metadata;
  int64_t flags;
  int64_t n_children;
  struct ArrowSchema **children;
  struct ArrowSchema *dictionary;
  void (*release)(struct ArrowSchema *);
  void *private_data;
};

struct ArrowArray {
  int64_t length;
  int64_t null_count;
  int64_t offset;
  int64_t n_buffers;
  int64_t n_children;
  const void **buffers;
  struct ArrowArray **children;
  struct ArrowArray *dictionary;
  void (*release)(struct ArrowArray *);
  void *private_data;
};
#endif

// MARK: reader.cpp
typedef struct ca_reader_impl *ca_reader;
enum { CA_PARQUET = 0, CA_ARROW_FILE = 1, CA_ARROW_STREAM = 2 };
// The bytes must outlive the reader and every batch of it. memory: bytes that it may take at a time.
ca_reader ca_open(const void *bytes, int64_t count, int form, int64_t memory);
int ca_schema(ca_reader reader, struct ArrowSchema *schema);
// Before the first batch: only these top-level columns, ascending, are read.
int ca_select(ca_reader reader, const int *columns, int count);
// 1 with the next batch, 0 after the last. What was read is checked: offsets lie in their buffers, text is
// UTF-8.
int ca_next(ca_reader reader, struct ArrowArray *batch);
void ca_close(ca_reader reader);

// MARK: writer.cpp
typedef struct ca_writer_impl *ca_writer;
enum { CA_PLAIN = 0, CA_SNAPPY = 1, CA_ZSTD = 2, CA_LZ4 = 3 };
// Takes a copy of the descriptor, and the schema over.
ca_writer ca_create(int descriptor, int form, struct ArrowSchema *schema, int compression);
// A row group or a batch; takes the columns over.
int ca_write(ca_writer writer, struct ArrowArray *batch);
int ca_finish(ca_writer writer);
void ca_abandon(ca_writer writer);

// MARK: inflate.cpp
typedef struct ca_inflater_impl *ca_inflater;
enum { CA_GZIP = 0, CA_ZSTANDARD = 1 };
ca_inflater ca_inflate(const void *bytes, int64_t count, int codec);
// Bytes that were put into the buffer, 0 at the end.
int64_t ca_read(ca_inflater inflater, void *buffer, int64_t size);
void ca_release(ca_inflater inflater);

#ifdef __cplusplus
}
#endif

// SPDX-License-Identifier: GPL-3.0-or-later
// Columns of numbers or labels: written as CSV beside every picture, read from CSV or HDF5.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "libspi/io/stack.h"

namespace spi {

/// A named column; of labels where `labels` is not empty: values are then indices into it, or -1 or
/// NaN for none.
struct Column {
  std::string name;
  std::vector<double> values;
  std::vector<std::string> labels;
};

/// Columns of those names without values, for rows that append_row() adds, a value a column.
std::vector<Column> empty_columns(std::span<const char* const> names);
void append_row(std::vector<Column>& columns, std::span<const double> row);

/// Comma-separated text with a header line; labels are written as words, NaN as nothing. Atomic.
void write_csv(const std::filesystem::path& path, const std::vector<Column>& columns);

/// All columns of a CSV file; of labels where a cell is neither a number nor empty (NaN). UserError
/// where a line has another number of cells than the heading.
std::vector<Column> read_csv(const std::filesystem::path& path);

/// The words as indices into their distinct values, in order of appearance; NaN where empty.
Column labelled(std::string name, const std::vector<std::string>& words);

/// A column given as NAME or FILE:NAME, of `rows` values; NAME alone is looked up in
/// `default_file`. In an HDF5 file NAME is a one-dimensional dataset (labels stand in NAME_names,
/// or the dataset itself holds texts); in a CSV file it is a heading. UserError names what is
/// there instead.
Column read_column(const std::string& where, const std::filesystem::path& default_file,
                   std::size_t rows);
/// The same for the patterns of a stack: the column has a value for each row of the stack's file,
/// or for each pattern that is kept.
Column read_column(const std::string& where, const std::filesystem::path& default_file,
                   const KeptRows& kept);

}  // namespace spi

// Runs the kernel KERNEL of the files before this one over a grid; its arguments come as addresses, as for cuLaunchKernel.

extern "C" int run(int columns_of_blocks, int rows_of_blocks, bool reverse, void** arguments) {
  host::entry = [](void** given) { host::enter(KERNEL, given); };
  host::entry_arguments = arguments;
  for (host::block.y = 0; host::block.y < rows_of_blocks; ++host::block.y)
    for (host::block.x = 0; host::block.x < columns_of_blocks; ++host::block.x)
      if (!host::run_block(BLOCK, reverse)) return 1;
  return 0;
}
